//! Which collectors there are, and how they are spoken to, as OpenTelemetry's variables say.

use std::{fs, path::Path};

use http::{HeaderName, HeaderValue};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::TelemetryError;

/// Where to export to, by OTLP over gRPC.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// The collector of traces; none to trace nothing.
    pub traces: Option<Collector>,
    /// The collector of metrics; none to measure nothing.
    pub metrics: Option<Collector>,
}

/// A collector.
#[derive(Debug, Clone)]
pub struct Collector {
    /// Its address, such as `http://collector:4317`, or `https://collector:4317` for TLS.
    pub(super) endpoint: String,
    /// With what TLS is spoken, if it is.
    pub(super) tls: ClientTlsConfig,
}

impl Collector {
    /// The collector at this address, known by the authorities that the machine trusts.
    #[must_use]
    pub fn at(endpoint: &str) -> Self {
        Collector {
            endpoint: endpoint.to_owned(),
            tls: ClientTlsConfig::new().with_native_roots(),
        }
    }

    pub(super) fn speaks_tls(&self) -> bool {
        let scheme = self.endpoint.split_once("://").map(|(scheme, _)| scheme);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }
}

impl Endpoints {
    /// What OpenTelemetry's variables say, of which none is set by default.
    ///
    /// # Errors
    /// If one of them asks for what cannot be done, or names a file that cannot be read.
    pub fn from_env() -> Result<Self, TelemetryError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, TelemetryError> {
        // An empty variable counts as unset, says OpenTelemetry's specification.
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Endpoints::default());
        }
        Ok(Endpoints {
            traces: Signal("TRACES", &variable).collector()?,
            metrics: Signal("METRICS", &variable).collector()?,
        })
    }
}

/// The variables of one signal, each of which goes before the one for all.
struct Signal<'a, V>(&'static str, &'a V);

impl<V: Fn(&str) -> Option<String>> Signal<'_, V> {
    fn collector(&self) -> Result<Option<Collector>, TelemetryError> {
        let Signal(signal, variable) = self;
        if variable(&format!("OTEL_{signal}_EXPORTER")).is_some_and(|exporter| exporter == "none") {
            return Ok(None);
        }
        let Some((_, endpoint)) = self.get("ENDPOINT") else {
            return Ok(None);
        };
        if let Some((variable, asked)) = self.get("PROTOCOL")
            && asked != "grpc"
        {
            return Err(TelemetryError::Protocol { variable });
        }
        if let Some((variable, headers)) = self.get("HEADERS")
            && !headers.split(',').all(is_header)
        {
            return Err(TelemetryError::Headers { variable });
        }
        Ok(Some(Collector {
            endpoint,
            tls: self.tls()?,
        }))
    }

    fn tls(&self) -> Result<ClientTlsConfig, TelemetryError> {
        let config = ClientTlsConfig::new();
        let config = match self.file("CERTIFICATE")? {
            Some((_, authorities)) => config.ca_certificate(Certificate::from_pem(authorities)),
            None => config.with_native_roots(),
        };
        match (self.file("CLIENT_CERTIFICATE")?, self.file("CLIENT_KEY")?) {
            (Some((_, certificate)), Some((_, key))) => {
                Ok(config.identity(Identity::from_pem(certificate, key)))
            }
            (None, None) => Ok(config),
            (Some((variable, _)), None) | (None, Some((variable, _))) => {
                Err(TelemetryError::HalfIdentity { variable })
            }
        }
    }

    /// What a variable says, with its name.
    fn get(&self, what: &str) -> Option<(String, String)> {
        let Signal(signal, variable) = self;
        let names = [
            format!("OTEL_EXPORTER_OTLP_{signal}_{what}"),
            format!("OTEL_EXPORTER_OTLP_{what}"),
        ];
        names
            .into_iter()
            .find_map(|name| variable(&name).map(|value| (name, value)))
    }

    /// What stands in the file that a variable names.
    fn file(&self, what: &str) -> Result<Option<(String, Vec<u8>)>, TelemetryError> {
        let Some((variable, file)) = self.get(what) else {
            return Ok(None);
        };
        match fs::read(Path::new(&file)) {
            Ok(content) => Ok(Some((variable, content))),
            Err(source) => Err(TelemetryError::File {
                variable,
                file: file.into(),
                source,
            }),
        }
    }
}

/// The exporter leaves out what is none, and the collector would refuse all that comes without it.
fn is_header(pair: &str) -> bool {
    pair.split_once('=').is_some_and(|(name, value)| {
        name.trim().parse::<HeaderName>().is_ok() && value.trim().parse::<HeaderValue>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Endpoints, TelemetryError> {
        Endpoints::from_variables(|name| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn endpoints(variables: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let Endpoints { traces, metrics } = read(variables).unwrap();
        (
            traces.map(|traces| traces.endpoint),
            metrics.map(|metrics| metrics.endpoint),
        )
    }

    #[test]
    fn nothing_is_exported_unless_a_collector_is_named() {
        assert_eq!(endpoints(&[]), (None, None));
        assert_eq!(
            endpoints(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]),
            (None, None)
        );
    }

    #[test]
    fn each_signal_may_go_elsewhere_or_nowhere() {
        let both = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4317");
        let all = Some("http://all:4317".to_owned());
        assert_eq!(endpoints(&[both]), (all.clone(), all.clone()));
        let traces = Some("http://traces:4317".to_owned());
        let elsewhere = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:4317");
        assert_eq!(endpoints(&[elsewhere]), (traces.clone(), None));
        assert_eq!(endpoints(&[both, elsewhere]), (traces, all.clone()));
        assert_eq!(
            endpoints(&[both, ("OTEL_METRICS_EXPORTER", "none")]),
            (all, None)
        );
        assert_eq!(
            endpoints(&[both, ("OTEL_SDK_DISABLED", "TRUE")]),
            (None, None)
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_its_variable_and_without_its_value() {
        let both = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://all:4317");
        for (name, value) in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization: Bearer s3cret"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-key=1,s3cret"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nonexistent/ca.crt"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/nonexistent/tls.key"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", file!()),
        ] {
            let refused = read(&[both, (name, value)]).unwrap_err().to_string();
            assert!(
                refused.contains(name) && !refused.contains("s3cret"),
                "{refused}"
            );
            assert!(
                read(&[(name, value)]).is_ok(),
                "without a collector nobody minds"
            );
        }
        for fine in ["grpc", ""] {
            read(&[both, ("OTEL_EXPORTER_OTLP_PROTOCOL", fine)]).unwrap();
        }
        let headers = "authorization=Bearer%20abc, x-scope-orgid=7";
        read(&[both, ("OTEL_EXPORTER_OTLP_HEADERS", headers)]).unwrap();
    }
}
