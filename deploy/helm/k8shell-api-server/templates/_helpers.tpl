{{- define "api.name" -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}-api-server
{{- end }}

{{- define "api.selectorLabels" -}}
app.kubernetes.io/name: k8shell-api-server
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "api.labels" -}}
{{ include "api.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "api.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "api.name" .) }}{{ else }}{{ required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "api.hasCa" -}}
{{- if or .Values.ca.secretName .Values.ca.configMapName }}true{{ end }}
{{- end }}

{{/* The connection to one service. */}}
{{- define "api.remote" -}}
{{- $name := .name }}
{{- with .root }}
tokenFilePath: /var/run/secrets/k8shell.io/{{ $name }}
{{- if include "api.hasCa" . }}
caCertPath: /etc/k8shell/ca/ca.crt
{{- if ne $name "k8shelld" }}
serverName: {{ $name }}.{{ .Values.ca.namespace | default .Release.Namespace }}.svc
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* config.yaml: what the values say, and over it `config` as it is written. */}}
{{- define "api.config" -}}
{{- $config := dict
  "http" (dict
    "port" 9101
    "publicUrl" (printf "https://%s" .Values.host)
    "hosts" (list .Values.host (printf "*.%s" .Values.host) (printf "%s.%s.svc" (include "api.name" .) .Release.Namespace) (include "api.name" .))
    "cookie" (dict "secure" true)
    "logging" (dict "enabled" true)
    "drainDelaySeconds" .Values.shutdown.drainDelaySeconds
    "shutdownGraceSeconds" .Values.shutdown.graceSeconds)
  "nats" (dict "enabled" true "url" (required "nats.url is needed" .Values.nats.url)) }}
{{- if .Values.nats.passwordSecret.name }}
{{- $_ := set $config.nats "username" .Values.nats.username }}
{{- $_ := set $config.nats "password" "${NATS_K8SHELL_PASSWORD}" }}
{{- end }}
{{- range $name, $service := .Values.services }}
{{- if $service.address }}
{{- $_ := set $config $name (merge (dict "address" $service.address) (include "api.remote" (dict "name" $name "root" $) | fromYaml)) }}
{{- end }}
{{- end }}
{{- if .Values.services.provisioner.address }}
{{- $_ := set $config "k8shelld" (include "api.remote" (dict "name" "k8shelld" "root" $) | fromYaml) }}
{{- end }}
{{- if .Values.services.identity.address }}
{{- $key := dict "signingMethod" .Values.jwt.signingMethod }}
{{- if .Values.jwt.privateKeySecret.name }}
{{- $_ := set $key "privateKeyFile" "/run/secrets/jwt-issuer/private-key.pem" }}
{{- else }}
{{- $_ := set $key "publicKeyFile" "/run/secrets/jwt-issuer/public-key.pem" }}
{{- end }}
{{- $_ := set $config "jwtVerifier" $key }}
{{- end }}
{{- if .Values.serviceMonitor.enabled }}
{{- $_ := set $config "metrics" (dict "port" .Values.serviceMonitor.port "bind" "0.0.0.0" "allowedCIDRs" .Values.serviceMonitor.allowedCIDRs) }}
{{- end }}
{{- if .Values.allowedPodCIDRs }}
{{- $_ := set $config "internal" (dict "allowedPodCIDRs" .Values.allowedPodCIDRs) }}
{{- end }}
{{- mergeOverwrite $config (deepCopy .Values.config) | toYaml }}
{{- end }}
