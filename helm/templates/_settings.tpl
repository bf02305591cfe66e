{{/* The settings of Annals as environment variables. */}}

{{/* The settings that are not secret: one `name: text` a line, sorted by name. */}}
{{- define "annals.config" -}}
{{- $set := dict
  "host" "0.0.0.0"
  "port" .Values.ports.http
  "metrics_port" .Values.ports.metrics
  "keys_dir" "/keys"
  "log_format" "json" -}}
{{- if .Values.ingress.enabled -}}
{{- $_ := set $set "public_url" (printf "https://%s" .Values.ingress.host) -}}
{{- /* Without it all clients would share the rate limit of the ingress controller's address. */}}
{{- $_ := set $set "trusted_proxies" "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7" -}}
{{- end -}}
{{- if .Values.strimzi.enabled -}}
{{- $_ := set $set "kafka_bootstrap_servers" (include "annals.kafka" .) -}}
{{- end -}}
{{- range $name, $value := merge (deepCopy .Values.config) $set }}
ANNALS_{{ upper $name }}: {{ kindIs "float64" $value | ternary (printf "%v" (int64 $value)) (toString $value) | quote }}
{{- end }}
{{- range $name, $value := .Values.otel }}
OTEL_{{ upper $name }}: {{ toString $value | quote }}
{{- end }}
{{- end -}}

{{/* The secret settings of each process. Each gets only those it reads: `project` has no use for Redis. */}}
{{- define "annals.secretsOf" -}}
serve: [ANNALS_DATABASE_URL, ANNALS_REDIS_URL, ANNALS_VAPID_PRIVATE_KEY, ANNALS_OIDC_CLIENT_SECRETS]
project: [ANNALS_DATABASE_URL]
schedule: [ANNALS_DATABASE_URL, ANNALS_REDIS_URL]
work: [ANNALS_DATABASE_URL, ANNALS_REDIS_URL, ANNALS_SMTP_PASSWORD, ANNALS_VAPID_PRIVATE_KEY]
relay: [ANNALS_DATABASE_URL, ANNALS_KAFKA_OPTIONS]
migrate: [ANNALS_DATABASE_URL, ANNALS_MIGRATE_DATABASE_URL]
{{- end -}}

{{/* The `env` of a process: {root, process}. */}}
{{- define "annals.secretEnv" -}}
{{- $root := .root -}}
{{- $from := deepCopy $root.Values.secrets.from -}}
{{- if $root.Values.cloudnativepg.enabled -}}
{{- /* The operator's Secret has the login of the owner, ours that of the processes. */}}
{{- $name := printf "%s-postgres" (include "annals.fullname" $root) -}}
{{- $owner := dict "name" (printf "%s-app" $name) "key" "uri" -}}
{{- $processes := dict "name" (printf "%s-processes" $name) "key" "uri" -}}
{{- $from = merge $from (dict "ANNALS_DATABASE_URL" $processes "ANNALS_MIGRATE_DATABASE_URL" $owner) -}}
{{- end -}}
{{- $fallback := default (include "annals.fullname" $root) $root.Values.secrets.existing -}}
{{- range $name := index (include "annals.secretsOf" $root | fromYaml) .process }}
{{- if and (eq $name "ANNALS_REDIS_URL") $root.Values.valkey.enabled }}
- name: ANNALS_REDIS_URL
  value: redis://{{ include "annals.fullname" $root }}-valkey:6379/0
{{- else }}
{{- $ref := default (dict "name" $fallback "key" $name) (index $from $name) }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $ref.name }}
      key: {{ $ref.key }}
      {{- /* A process does not start without these addresses; the other settings are optional. */}}
      optional: {{ not (has $name (list "ANNALS_DATABASE_URL" "ANNALS_REDIS_URL")) }}
{{- end }}
{{- end }}
{{- end -}}
