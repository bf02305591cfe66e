#!/usr/bin/env bash
# Rehearse a restore: bring the backups of a release up as a second database beside it, at a moment
# of your choice, and have Annals prove that log and views are whole. The release itself is not
# touched. Do it every month: a backup nobody has restored is a hope.
#
#   scripts/rehearse-restore.sh NAMESPACE RELEASE VALUES.yaml [2030-01-31T18:00:00Z]
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
namespace=$1 release=$2 values=$3 moment=${4:-}
chart=$(dirname "$0")/../helm

# The chart's own recovery. Under another name, with one instance and no plugin, so that it writes
# no backups; and it reads those that are written now, which after a restore are not the first.
rendered=$(helm template "$release" "$chart" --values "$values" --namespace "$namespace" \
    --kube-version 1.34 --show-only templates/databases/cloudnativepg.yaml \
    --set cloudnativepg.recovery.enabled=true \
    --set-string "cloudnativepg.recovery.targetTime=$moment")
name=$(sed -n '/^kind: Cluster/,/^spec:/s/^  name: //p' <<<"$rendered")
written=$(kubectl --namespace "$namespace" get "cluster.postgresql.cnpg.io/$name" --ignore-not-found \
    --output jsonpath='{.spec.plugins[*].parameters.serverName}')
rehearsal=$(
    WRITTEN=$written python3 -c '
import os, sys, yaml
[cluster] = [one for one in yaml.safe_load_all(sys.stdin) if one and one["kind"] == "Cluster"]
cluster["metadata"] = {"name": cluster["metadata"]["name"] + "-rehearsal"}
cluster["spec"]["instances"] = 1
cluster["spec"].pop("plugins", None)
cluster["spec"]["postgresql"].pop("synchronous", None)
[source] = cluster["spec"]["externalClusters"]
if os.environ["WRITTEN"]:
    source["plugin"]["parameters"]["serverName"] = os.environ["WRITTEN"]
yaml.safe_dump(cluster, sys.stdout)' <<<"$rendered"
)
copy=$name-rehearsal
deployed=$(kubectl --namespace "$namespace" get "deployment/${name%-postgres}-project" --output json)
image=$(python3 -c 'import json, sys
print(json.load(sys.stdin)["spec"]["template"]["spec"]["containers"][0]["image"])' <<<"$deployed")

trap 'kubectl --namespace "$namespace" delete --ignore-not-found --now "pod/$copy-verify" \
    "cluster.postgresql.cnpg.io/$copy"' EXIT
SECONDS=0
kubectl --namespace "$namespace" apply --filename - <<<"$rehearsal"
kubectl --namespace "$namespace" wait --for condition=Ready --timeout 60m \
    "cluster.postgresql.cnpg.io/$copy"
echo "restored in $SECONDS s"

pod=$(COPY=$copy DEPLOYED=$deployed PROOF=$(cat "$(dirname "$0")/prove.sh") python3 -c '
import json, os
like = json.loads(os.environ["DEPLOYED"])["spec"]["template"]["spec"]
secret = {"name": os.environ["COPY"] + "-app", "key": "uri"}
container = {
    "name": "verify",
    "image": like["containers"][0]["image"],
    "command": ["sh", "-c", os.environ["PROOF"]],
    "env": [{"name": "ANNALS_DATABASE_URL", "valueFrom": {"secretKeyRef": secret}}],
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
print(json.dumps({"spec": {
    "enableServiceLinks": False, "securityContext": security, "containers": [container],
    "imagePullSecrets": like.get("imagePullSecrets", [])}}))')
kubectl --namespace "$namespace" run "$copy-verify" --rm --attach --quiet --restart Never \
    --image "$image" --overrides "$pod"
echo "log and views are whole, $SECONDS s after the first command"
