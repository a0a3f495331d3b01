//! What proves the service and its callers to one another.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::SignedDuration;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType,
};
use redress::{
    access::Role,
    api::auth::{DevKey, Grant},
    client::{Target, TlsFiles, Token},
    time_source::{SystemTime, TimeSource as _},
};

use crate::error::BenchError;

/// An authority, a certificate of the service and one of its callers, and a key that tokens are signed with; as files.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    key: DevKey,
}

impl Files {
    pub(super) fn make(folder: &Path) -> Result<Files, BenchError> {
        let folder = folder.join("access");
        fs::create_dir(&folder).map_err(|source| BenchError::io("make", &folder, source))?;
        let (key, _) = DevKey::read_or_make(&folder.join("tokens.json"))?;
        let files = Files { folder, key };
        files.certificates()?;
        Ok(files)
    }

    fn certificates(&self) -> Result<(), BenchError> {
        let mut params = CertificateParams::default();
        let names = &mut params.distinguished_name;
        names.push(DnType::CommonName, "Redress benchmark");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        self.write("ca.crt", &params.self_signed(&key)?.pem())?;
        let authority = Issuer::new(params, key);
        for (name, purpose) in [
            ("server", ExtendedKeyUsagePurpose::ServerAuth),
            ("client", ExtendedKeyUsagePurpose::ClientAuth),
        ] {
            let mut params = CertificateParams::new(["127.0.0.1".to_owned()])?;
            if purpose == ExtendedKeyUsagePurpose::ClientAuth {
                params.subject_alt_names = vec![SanType::URI("urn:redress:bench".try_into()?)];
            }
            params.extended_key_usages = vec![purpose];
            let key = KeyPair::generate()?;
            let certificate = params.signed_by(&key, &authority)?;
            self.write(&format!("{name}.crt"), &certificate.pem())?;
            self.write(&format!("{name}.key"), &key.serialize_pem())?;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), BenchError> {
        let path = self.path(name);
        fs::write(&path, text).map_err(|source| BenchError::io("write", path, source))
    }

    /// Those of `redress serve`.
    pub(super) fn options(&self) -> Vec<String> {
        let options = [
            ("--tls-cert-file", "server.crt"),
            ("--tls-key-file", "server.key"),
            ("--client-ca-file", "ca.crt"),
            ("--dev-keys", "tokens.json"),
        ];
        let options = options
            .map(|(option, file)| [option.to_owned(), self.path(file).display().to_string()]);
        options.concat()
    }

    /// The service at this address, for somebody with this role.
    pub(super) fn target(
        &self,
        address: &str,
        subject: &str,
        role: Role,
    ) -> Result<Target, BenchError> {
        let grant = Grant {
            subject: subject.to_owned(),
            roles: vec![role],
            brands: vec!["*".to_owned()],
            queues: Vec::new(),
            period: SignedDuration::from_hours(24),
        };
        let token = self.key.sign(&grant, SystemTime.now());
        let token = Token::of(&token).map_err(|error| BenchError::Proof(error.to_string()))?;
        Ok(Target {
            tls: TlsFiles {
                authorities: Some(self.path("ca.crt")),
                identity: Some((self.path("client.crt"), self.path("client.key"))),
            },
            ..Target::at(address, token)
        })
    }
}
