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

{{/* The URL of a Secret, a dict of existingSecret and key. libpq takes from the environment what the URL does not say. */}}
{{- define "redress.databaseEnv" -}}
{{- $database := .Values.database }}
- name: REDRESS_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ required "database.existingSecret is empty: name the Secret that holds the Postgres URL, for example --set database.existingSecret=redress-database. It must exist in the namespace before the install; values.yaml shows how to make it." .secret.existingSecret }}
      key: {{ .secret.key }}
- name: PGSSLMODE
  value: {{ $database.tls.mode }}
{{- if and (eq $database.tls.mode "verify-ca") (not $database.tls.authoritySecret) }}
{{- fail "database.tls.mode verify-ca needs database.tls.authoritySecret: by the authorities that everybody trusts, anybody may be certified" }}
{{- end }}
{{- if hasPrefix "verify-" $database.tls.mode }}
- name: PGSSLROOTCERT
  value: {{ ternary "/etc/redress/database/ca.crt" "system" (not (empty $database.tls.authoritySecret)) }}
{{- end }}
- name: REDRESS_LOG_FORMAT
  value: {{ .Values.log.format }}
{{- end }}

{{/* The authority of the database's certificate, if one is named. */}}
{{- define "redress.databaseVolume" -}}
{{- with .Values.database.tls }}
{{- if .authoritySecret }}
{{- include "redress.secretVolume" (list "database" .authoritySecret .authorityKey) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The certificate of an authority as the file ca.crt: the volume's name, the Secret, its key. */}}
{{- define "redress.secretVolume" -}}
{{- include "redress.secretFile" (append . "ca.crt") }}
{{- end }}

{{/* One key of a Secret as a file: the volume's name, the Secret, its key, the file's name. */}}
{{- define "redress.secretFile" -}}
- name: {{ index . 0 }}
  secret:
    secretName: {{ index . 1 }}
    items:
      - key: {{ index . 2 }}
        path: {{ index . 3 }}
{{- end }}

{{- define "redress.checkCallers" -}}
{{- $tls := .Values.tls }}
{{- if and $tls.clientAuthority.existingSecret (not $tls.existingSecret) }}
{{- fail "tls.clientAuthority needs tls.existingSecret: callers show certificates only where TLS is spoken" }}
{{- end }}
{{- if and $tls.clientSubjects (not $tls.clientAuthority.existingSecret) }}
{{- fail "tls.clientSubjects needs tls.clientAuthority.existingSecret: without it callers are asked for no certificate" }}
{{- end }}
{{- if and (not .Values.staff.directory) (or .Values.staff.complaintUrl .Values.staff.webhookSecret.existingSecret) }}
{{- fail "staff.complaintUrl and staff.webhookSecret need staff.directory: without it nobody is told anything" }}
{{- end }}
{{- if not (or .Values.oidc.issuer $tls.clientSubjects) }}
{{- fail "oidc.issuer is empty: name the OpenID Connect issuer whose tokens callers bring, for example --set oidc.issuer=https://login.example/realms/provider, or say who callers are by their certificates, with --set-file tls.clientSubjects=client-subjects.toml" }}
{{- end }}
{{- if and .Values.oidc.issuer (not .Values.oidc.audience) }}
{{- fail "oidc.audience is empty: name what the tokens for this service have as `aud`, for example --set oidc.audience=redress" }}
{{- end }}
{{- if and (not .Values.oidc.issuer) (or .Values.oidc.audience .Values.oidc.keysUrl) }}
{{- fail "oidc.audience and oidc.keysUrl need oidc.issuer: without it no tokens are taken" }}
{{- end }}
{{- end }}

{{- define "redress.checkKafka" -}}
{{- $kafka := .Values.kafka }}
{{- if and $kafka.brokers (not $kafka.topic) }}
{{- fail "kafka.topic is empty: name the topic to which events are published" }}
{{- end }}
{{- if and (not $kafka.brokers) (or $kafka.topic $kafka.user $kafka.tls.enabled) }}
{{- fail "kafka.brokers is empty: without it events are published nowhere" }}
{{- end }}
{{- if and (not $kafka.tls.enabled) (or $kafka.tls.authority.existingSecret $kafka.tls.clientSecret) }}
{{- fail "the Secrets of kafka.tls need kafka.tls.enabled: without it brokers are spoken to in the clear" }}
{{- end }}
{{- if ne (empty $kafka.user) (empty $kafka.password.existingSecret) }}
{{- fail "kafka.user and kafka.password.existingSecret go together" }}
{{- end }}
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

{{/* What the service reads of files, each where its variable says. A mount of a whole folder follows its Secret. */}}
{{- define "redress.volumeMounts" -}}
{{- $mounts := dict
  "policies" .Values.policies
  "calendars" .Values.calendars
  "brands" .Values.brands
  "tls" .Values.tls.existingSecret
  "client-authority" .Values.tls.clientAuthority.existingSecret
  "client-subjects" .Values.tls.clientSubjects
  "secret-key" .Values.secretKey.existingSecret
  "staff" .Values.staff.directory
  "staff-webhooks" .Values.staff.webhookSecret.existingSecret
  "collector-authority" .Values.telemetry.authoritySecret
  "kafka-authority" .Values.kafka.tls.authority.existingSecret
  "kafka-identity" .Values.kafka.tls.clientSecret
  "kafka-password" .Values.kafka.password.existingSecret
  "egress-authority" .Values.egress.authoritySecret
  "mail-authority" .Values.mail.authoritySecret
  "mail-password" .Values.mail.passwordSecret
  "database" .Values.database.tls.authoritySecret }}
{{- range $name, $wanted := $mounts }}
{{- if $wanted }}
- name: {{ $name }}
  mountPath: /etc/redress/{{ $name }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "redress.volumes" -}}
{{- range $name, $files := dict "policies" .Values.policies "calendars" .Values.calendars "brands" .Values.brands "client-subjects" .Values.tls.clientSubjects "staff" .Values.staff.directory }}
{{- if $files }}
- name: {{ $name }}
  configMap:
    name: {{ include "redress.fullname" $ }}-{{ $name }}
{{- end }}
{{- end }}
{{- with .Values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.secretKey }}
{{- if .existingSecret }}
- name: secret-key
  secret:
    secretName: {{ .existingSecret }}
    items:
      - key: {{ .key }}
        path: secret-key
{{- end }}
{{- end }}
{{- with .Values.tls.clientAuthority }}
{{- if .existingSecret }}
{{ include "redress.secretVolume" (list "client-authority" .existingSecret .key) }}
{{- end }}
{{- end }}
{{- with .Values.staff.webhookSecret }}
{{- if .existingSecret }}
- name: staff-webhooks
  secret:
    secretName: {{ .existingSecret }}
    items: [{ key: {{ .key }}, path: secret }]
{{- end }}
{{- end }}
{{- with .Values.telemetry }}
{{- if .authoritySecret }}
{{ include "redress.secretVolume" (list "collector-authority" .authoritySecret .authorityKey) }}
{{- end }}
{{- end }}
{{- with .Values.kafka.tls.authority }}
{{- if .existingSecret }}
{{ include "redress.secretVolume" (list "kafka-authority" .existingSecret .key) }}
{{- end }}
{{- end }}
{{- with .Values.kafka.password }}
{{- if .existingSecret }}
- name: kafka-password
  secret:
    secretName: {{ .existingSecret }}
    items:
      - key: {{ .key }}
        path: password
{{- end }}
{{- end }}
{{- with .Values.kafka.tls.clientSecret }}
- name: kafka-identity
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.egress }}
{{- if .authoritySecret }}
{{ include "redress.secretVolume" (list "egress-authority" .authoritySecret .authorityKey) }}
{{- end }}
{{- end }}
{{- with .Values.mail }}
{{- if .authoritySecret }}
{{ include "redress.secretVolume" (list "mail-authority" .authoritySecret .authorityKey) }}
{{- end }}
{{- if .passwordSecret }}
{{ include "redress.secretFile" (list "mail-password" .passwordSecret .passwordKey "password") }}
{{- end }}
{{- end }}
{{- with include "redress.databaseVolume" . }}
{{ . }}
{{- end }}
{{- end }}
