#!/usr/bin/env bash
# All of Annals on minikube, from nothing to a visit: the steps of docs/deploy.md in one go.
# Needs docker, minikube, kubectl and helm; may be run again at any time.
set -euo pipefail
cd "$(dirname "$0")/.."

CNPG=https://raw.githubusercontent.com/cloudnative-pg/cloudnative-pg/release-1.27/releases/cnpg-1.27.1.yaml

# Calico, because without a network plugin that enforces them NetworkPolicies are only words.
minikube status >/dev/null 2>&1 || minikube start --cpus 2 --memory 4g --cni calico

minikube image build --tag annals:dev .

kubectl apply --server-side -f "$CNPG"
kubectl --namespace cnpg-system rollout status deployment/cnpg-controller-manager --timeout 3m

helm upgrade --install annals helm --values helm/values-minikube.yaml \
    --namespace annals --create-namespace --wait --timeout 10m
helm test annals --namespace annals --logs

echo
echo "kubectl --namespace annals port-forward service/annals 8000:80   # then http://127.0.0.1:8000/docs"
echo "minikube delete                                                  # ends it all, data included"
