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
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The name, labels and annotations of an object: a dict of the root, and where wanted suffix, labels and annotations. */}}
{{- define "redress.metadata" -}}
{{- $root := .root -}}
name: {{ include "redress.fullname" $root }}{{ .suffix }}
labels:
  {{- include "redress.labels" $root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default (dict) .annotations) $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
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
{{- end }}

{{/* The authority of the database's certificate, if one is named. */}}
{{- define "redress.databaseVolume" -}}
{{- with .Values.database.tls }}
{{- if .authoritySecret }}
{{- include "redress.secretFile" (list "database" .authoritySecret .authorityKey "ca.crt") }}
{{- end }}
{{- end }}
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

{{/* What values.yaml has at a path such as database.poolSize, as JSON: the values, the path. Nothing where the path is empty. */}}
{{- define "redress.valueAt" -}}
{{- $value := index . 0 }}
{{- $path := index . 1 }}
{{- if $path }}
{{- range splitList "." $path }}
{{- $value = index $value . }}
{{- end }}
{{- toJson $value }}
{{- else }}
{{- "null" }}
{{- end }}
{{- end }}

{{/*
The environment, as files/settings.json says: the root, and "job" for what the migrations read as well. An entry with `is` never
changes, one with `value` has the value at that path, and one with `by` is set elsewhere in the templates. A value that is empty,
false, or what `unset` says leaves its variable out.
*/}}
{{- define "redress.env" -}}
{{- $root := index . 0 }}
{{- $job := eq (index . 1) "job" }}
{{- range (fromJson ($root.Files.Get "files/settings.json")).variables }}
{{- if and (not .by) (or (not $job) .job) }}
{{- $value := .is }}
{{- with .value }}
{{- $value = (fromJson (printf "{\"at\":%s}" (include "redress.valueAt" (list $root.Values .)))).at }}
{{- end }}
{{- $unset := and (kindIs "float64" $value) (hasKey . "unset") (eq (toJson $value) (toJson .unset)) }}
{{- if kindIs "float64" $value }}
{{- if not $unset }}
- name: {{ .variable }}
  value: {{ int64 $value | quote }}
{{- end }}
{{- else if $value }}
- name: {{ .variable }}
  value: {{ ternary (join "," $value) $value (kindIs "slice" $value) | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where the service finds the files that are mounted for it, as files/settings.json says: the root. */}}
{{- define "redress.fileEnv" -}}
{{- range (fromJson (.Files.Get "files/settings.json")).files }}
{{- $mounted := printf "/etc/redress/%s" .name }}
{{- if ne (include "redress.isMounted" (list $ .)) "" }}
{{- range $variable, $file := .variables }}
- name: {{ $variable }}
  value: {{ trimSuffix "/" (printf "%s/%s" $mounted $file) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether a file of files/settings.json is there: "true", or nothing. */}}
{{- define "redress.isMounted" -}}
{{- $path := default (index . 1).configMap (index . 1).secret }}
{{- $value := include "redress.valueAt" (list (index . 0).Values $path) }}
{{- if not (has $value (list "null" "\"\"" "{}")) }}true{{ end }}
{{- end }}

{{/* Every name in extraEnv is there once, and none that the chart sets itself. */}}
{{- define "redress.checkExtraEnv" -}}
{{- $own := dict "REDRESS_MIGRATE" "migration.enabled" }}
{{- $settings := fromJson (.Files.Get "files/settings.json") }}
{{- range $settings.variables }}
{{- $_ := set $own .variable (default (default "" .by) .value) }}
{{- end }}
{{- range $settings.files }}
{{- $path := default .configMap .secret }}
{{- range $variable, $_ := .variables }}
{{- $_ := set $own $variable $path }}
{{- end }}
{{- end }}
{{- range $where, $more := dict "extraEnv" .Values.extraEnv "migration.extraEnv" (concat .Values.extraEnv .Values.migration.extraEnv) }}
{{- $seen := dict }}
{{- range $more }}
{{- if hasKey $own .name }}
{{- $by := get $own .name }}
{{- fail (printf "%s: %s is set by the chart itself%s" $where .name (ternary (printf ": use the value %s" $by) "" (ne $by ""))) }}
{{- end }}
{{- if hasKey $seen .name }}
{{- fail (printf "%s: %s is there twice, and Kubernetes would take the last" $where .name) }}
{{- end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- end }}
{{- end }}

{{- define "redress.checkMail" -}}
{{- $mail := .Values.mail }}
{{- if and (not $mail.relay) (or $mail.passwordSecret $mail.authoritySecret) }}
{{- fail "mail.passwordSecret and mail.authoritySecret need mail.relay: without it no mail is sent" }}
{{- end }}
{{- if ne (contains "@" $mail.relay) (not (empty $mail.passwordSecret)) }}
{{- fail "a user in mail.relay and mail.passwordSecret go together" }}
{{- end }}
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

{{/*
What the pods of the server, of the migrations and of the test have in common. As values.yaml has it, they run under the
"restricted" Pod Security Standard.
*/}}
{{- define "redress.podSpec" -}}
automountServiceAccountToken: false
# Service addresses come from DNS; without this, a Service called redress would set REDRESS_PORT and others.
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraPodSpec }}
{{- range $field, $_ := . }}
{{- if has $field (list "containers" "initContainers" "volumes" "serviceAccountName" "restartPolicy" "automountServiceAccountToken" "enableServiceLinks" "imagePullSecrets" "priorityClassName" "securityContext" "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" "terminationGracePeriodSeconds") }}
{{- fail (printf "extraPodSpec: %s is set by the chart itself, by a value of its own" $field) }}
{{- end }}
{{- end }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The image of a container, and what it may do. */}}
{{- define "redress.container" -}}
image: {{ include "redress.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
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

{{/* What is mounted for the service. A mount of a whole folder follows its Secret, so that no pod need be restarted. */}}
{{- define "redress.volumeMounts" -}}
{{- range (fromJson (.Files.Get "files/settings.json")).files }}
{{- if ne (include "redress.isMounted" (list $ .)) "" }}
- name: {{ .name }}
  mountPath: /etc/redress/{{ .name }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "redress.volumes" -}}
{{- range (fromJson (.Files.Get "files/settings.json")).files }}
{{- if ne (include "redress.isMounted" (list $ .)) "" }}
{{- if .configMap }}
- name: {{ .name }}
  configMap:
    name: {{ include "redress.fullname" $ }}-{{ .name }}
{{- else }}
{{- $secret := trimAll "\"" (include "redress.valueAt" (list $.Values .secret)) }}
{{- if .key }}
{{- $key := trimAll "\"" (include "redress.valueAt" (list $.Values .key)) }}
{{ include "redress.secretFile" (list .name $secret $key (first (values .variables))) }}
{{- else }}
- name: {{ .name }}
  secret:
    secretName: {{ $secret }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The authority of the database's certificate, which the server and the migrations see at the same place. */}}
{{- define "redress.databaseMount" -}}
{{- if .Values.database.tls.authoritySecret }}
- name: database
  mountPath: /etc/redress/database
  readOnly: true
{{- end }}
{{- end }}
