{{/* One process of Annals: the Deployment of a verb, from {root, process}. */}}

{{- define "annals.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "annals.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* What every pod of ours says of itself, whatever runs in it. */}}
{{- define "annals.podFoundation" -}}
serviceAccountName: {{ include "annals.serviceAccount" . }}
automountServiceAccountToken: false
# A Service called annals would otherwise put ANNALS_PORT=tcp://… into the environment.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "annals.podSecurity" . | nindent 2 }}
{{- end -}}

{{- define "annals.process" -}}
{{- $root := .root -}}
{{- $process := .process -}}
{{- $values := mergeOverwrite (deepCopy $root.Values.defaults) (deepCopy (index $root.Values $process)) -}}
{{- $public := eq $process "serve" -}}
{{- $secret := has $process (list "serve" "work") -}}
{{- $scaled := dig "autoscaling" "enabled" false $values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "annals.fullname" $root }}-{{ $process }}
  labels:
    {{- include "annals.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $process }}
spec:
  {{- if not $scaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    type: RollingUpdate
    # The new one stands before the old one goes.
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  selector:
    matchLabels:
      {{- include "annals.selector" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $process }}
  template:
    metadata:
      labels:
        {{- include "annals.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $process }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # Other settings, other pods.
        checksum/config: {{ include "annals.config" $root | sha256sum }}
        checksum/secrets: {{ toJson $root.Values.secrets | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "annals.podFoundation" $root | nindent 6 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if $root.Values.topologySpread.enabled }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - topologyKey: {{ . }}
          maxSkew: 1
          whenUnsatisfiable: {{ $root.Values.topologySpread.whenUnsatisfiable }}
          labelSelector:
            matchLabels:
              {{- include "annals.selector" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $process }}
          # Old and new pods of a rolling update do not count together.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      containers:
        - name: {{ $process }}
          image: {{ include "annals.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [{{ $process }}]
          envFrom:
            - configMapRef:
                name: {{ include "annals.fullname" $root }}
          env:
            {{- include "annals.secretEnv" . | nindent 12 }}
          ports:
            {{- if $public }}
            - name: http
              containerPort: {{ $root.Values.ports.http }}
            {{- end }}
            - name: metrics
              containerPort: {{ $root.Values.ports.metrics }}
          {{- $port := ternary "http" "metrics" $public }}
          startupProbe:
            httpGet: {path: /health/live, port: {{ $port }}}
            periodSeconds: 2
            failureThreshold: 30
          livenessProbe:
            httpGet: {path: /health/live, port: {{ $port }}}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /health/ready, port: {{ $port }}}
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          {{- if $public }}
          lifecycle:
            # By then nobody sends new requests here any more.
            preStop: {sleep: {seconds: 5}}
          {{- end }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- include "annals.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- if $secret }}
            - {name: keys, mountPath: /keys, readOnly: true}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- if $secret }}
        - name: keys
          secret:
            secretName: {{ include "annals.keysSecret" $root }}
            defaultMode: 0440
            {{- if not $public }}
            # It signs no tokens.
            items: [{key: installation-secret, path: installation-secret}]
            {{- end }}
        {{- end }}
{{- end -}}
