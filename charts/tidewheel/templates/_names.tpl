{{/* Names and labels that several templates share. */}}

{{- define "tidewheel.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The operator's objects: RELEASE-operator, or tidewheel-operator for a release called tidewheel. */}}
{{- define "tidewheel.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "tidewheel.name" .) .Release.Name }}
{{- printf "%s-operator" (.Release.Name | trunc 54 | trimSuffix "-") }}
{{- else }}
{{- printf "%s-%s-operator" (.Release.Name | trunc 43 | trimSuffix "-") (include "tidewheel.name" . | trunc 10) }}
{{- end }}
{{- end }}

{{- define "tidewheel.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* app.kubernetes.io/name is that of the operator: jobs' pods carry `tidewheel`, and no selector may find both. */}}
{{- define "tidewheel.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tidewheel.name" . }}-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tidewheel.commonLabels" -}}
helm.sh/chart: {{ include "tidewheel.chart" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tidewheel
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tidewheel.labels" -}}
{{ include "tidewheel.selectorLabels" . }}
{{ include "tidewheel.commonLabels" . }}
{{- end }}

{{- define "tidewheel.serviceAccountName" -}}
{{- default (include "tidewheel.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{- define "tidewheel.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{- define "tidewheel.priorityClassName" -}}
{{- if .Values.priorityClass.create }}
{{- default (include "tidewheel.fullname" .) .Values.priorityClass.name }}
{{- else }}
{{- .Values.priorityClass.name }}
{{- end }}
{{- end }}

{{/* What the profile `restricted` of pod security asks of a container. */}}
{{- define "tidewheel.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end }}
