//! The names in a certificate.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    prelude::FromDer as _,
};

use crate::api::auth::{AlternativeName, ClientCertificate};

/// What a certificate, which was verified, says of its holder.
pub(super) fn read(der: &CertificateDer<'_>) -> ClientCertificate {
    // Those that were verified can be read.
    ClientCertificate::of(names(der).unwrap_or_default())
}

fn names(der: &CertificateDer<'_>) -> Option<Vec<AlternativeName>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let extensions = certificate.extensions().iter();
    let general = extensions.filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    Some(general.flatten().filter_map(name).collect())
}

fn name(name: &GeneralName<'_>) -> Option<AlternativeName> {
    match name {
        GeneralName::DNSName(name) => Some(AlternativeName::dns(name)),
        GeneralName::URI(uri) => Some(AlternativeName::Uri((*uri).to_owned())),
        GeneralName::RFC822Name(address) => Some(AlternativeName::Email((*address).to_owned())),
        GeneralName::IPAddress(bytes) => address(bytes).map(AlternativeName::Ip),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| Ipv4Addr::from(bytes).into());
    let v6 = <[u8; 16]>::try_from(bytes).map(|bytes| Ipv6Addr::from(bytes).into());
    v4.or(v6).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use rcgen::{CertificateParams, KeyPair, SanType};

    use super::*;

    #[test]
    fn the_names_of_a_certificate_are_read_in_their_order_and_its_subject_is_none() {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![
            SanType::URI("spiffe://example.org/crm".try_into().unwrap()),
            SanType::DnsName("CRM.example.org".try_into().unwrap()),
            SanType::Rfc822Name("crm@example.org".try_into().unwrap()),
            SanType::IpAddress("2001:db8::1".parse().unwrap()),
            SanType::IpAddress("192.0.2.1".parse().unwrap()),
        ];
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        assert_eq!(
            names(made.der()).unwrap(),
            [
                AlternativeName::Uri("spiffe://example.org/crm".to_owned()),
                AlternativeName::Dns("crm.example.org".to_owned()),
                AlternativeName::Email("crm@example.org".to_owned()),
                AlternativeName::Ip("2001:db8::1".parse().unwrap()),
                AlternativeName::Ip("192.0.2.1".parse().unwrap()),
            ]
        );
    }
}
