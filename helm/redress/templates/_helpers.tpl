{{- define "redress.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* A release called redress is not called redress-redress. Cut to leave room for the longest suffix, "-dashboard". */}}
{{- define "redress.fullname" -}}
{{- $name := include "redress.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "redress.selectorLabels" -}}
app.kubernetes.io/name: {{ include "redress.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The component keeps the Service, the budget and the policy away from the migration's pods. */}}
{{- define "redress.serverSelectorLabels" -}}
{{ include "redress.selectorLabels" . }}
app.kubernetes.io/component: server
{{- end }}

{{- define "redress.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "redress.selectorLabels" . }}
{{- end }}

{{- define "redress.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "redress.serviceAccountName" -}}
{{- $default := ternary (include "redress.fullname" .) "default" .Values.serviceAccount.create }}
{{- default $default .Values.serviceAccount.name }}
{{- end }}

{{- define "redress.databaseEnv" -}}
- name: REDRESS_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret is empty: name the Secret that holds the Postgres URL, for example --set database.existingSecret=redress-database. It must exist in the namespace before the install; values.yaml shows how to make it." .Values.database.existingSecret }}
      key: {{ .Values.database.key }}
- name: REDRESS_LOG_FORMAT
  value: {{ .Values.log.format }}
{{- end }}

{{/* Both pods run under the "restricted" Pod Security Standard. */}}
{{- define "redress.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "redress.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* $(NAME) is expanded by Kubernetes from the variables set before it. */}}
{{- define "redress.resourceAttributes" -}}
{{- $attributes := dict
  "service.version" .Chart.AppVersion
  "service.instance.id" "$(POD_NAME)"
  "k8s.pod.name" "$(POD_NAME)"
  "k8s.namespace.name" "$(POD_NAMESPACE)"
  "k8s.node.name" "$(NODE_NAME)" }}
{{- $pairs := list }}
{{- range $key, $value := merge (dict) .Values.telemetry.resourceAttributes $attributes }}
{{- $pairs = append $pairs (printf "%s=%s" $key $value) }}
{{- end }}
{{- join "," $pairs }}
{{- end }}
