{{/* Labels of every object; call with (dict "root" $ "component" "gateway"). */}}
{{- define "casebook.labels" -}}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{ include "casebook.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: casebook
{{- end }}

{{/* Labels that select the pods of one component. */}}
{{- define "casebook.selector" -}}
app.kubernetes.io/name: casebook
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of pods: nothing that changes with the chart's version, so that an upgrade restarts only what it changes. */}}
{{- define "casebook.podLabels" -}}
{{ include "casebook.selector" . }}
app.kubernetes.io/part-of: casebook
{{- end }}

{{/* An image; call with (dict "root" $ "image" .Values.image). A digest wins over a tag. */}}
{{- define "casebook.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Users that Kubernetes knows our roles by. */}}
{{- define "casebook.controllerUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:casebook-controller
{{- end }}
{{- define "casebook.gatewayUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:casebook-gateway
{{- end }}

{{/* Where agents reach the gateway. */}}
{{- define "casebook.gatewayURL" -}}
http://casebook-gateway.{{ .Release.Namespace }}.svc:8080
{{- end }}

{{/* What lets the gateway into the Prometheus, as sources of a projected volume; empty where it needs nothing. */}}
{{- define "casebook.prometheusFiles" -}}
{{- with .Values.gateway.prometheus }}
{{- if and .url .tokenSecret.name }}
- secret:
    name: {{ .tokenSecret.name }}
    items: [{key: {{ .tokenSecret.key }}, path: token}]
{{- end }}
{{- if and .url .caConfigMap.name }}
- configMap:
    name: {{ .caConfigMap.name }}
    items: [{key: {{ .caConfigMap.key }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret with the keys of models, where an endpoint wants one. */}}
{{- define "casebook.modelKeys" -}}
{{- $used := false }}
{{- range concat .Values.gateway.models.endpoints .Values.gateway.models.embeddings }}{{ if .key }}{{ $used = true }}{{ end }}{{ end }}
{{- if $used }}{{ .Values.gateway.models.keysSecret }}{{ end }}
{{- end }}

{{/* The Secret with the key of the endpoint that makes the controller's embeddings, where it wants one. */}}
{{- define "casebook.embeddingsKey" -}}
{{- if eq .Values.controller.embeddings "Endpoint" }}{{ .Values.controller.embeddingsEndpoint.keySecret.name }}{{ end }}
{{- end }}

{{/* Security of every container: Pod Security "restricted", and a root file system that nothing writes to. */}}
{{- define "casebook.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What both Deployments take from their values: placement and labels. */}}
{{- define "casebook.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* The Secret with the database's addresses; empty where there is no database. */}}
{{- define "casebook.databaseSecret" -}}
{{- if eq .Values.postgres.mode "embedded" -}}
casebook-postgres
{{- else if eq .Values.postgres.mode "external" -}}
{{ required "postgres.external.existingSecret: name the Secret that holds app-url, admin-url and app-password" .Values.postgres.external.existingSecret }}
{{- end -}}
{{- end }}

{{/* Whether any receiver may create in the operator's own namespace. */}}
{{- define "casebook.platformReceiver" -}}
{{- range .Values.receivers }}{{ if .platform }}true{{ end }}{{ end -}}
{{- end }}

{{/* A value that was generated once and is kept: from the Secret in the cluster, else made now. (dict "root" $ "secret" name "key" key) */}}
{{- define "casebook.kept" -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .secret | default dict -}}
{{- $kept := get ($secret.data | default dict) .key | b64dec -}}
{{- $kept | default (randAlphaNum 40) -}}
{{- end }}
