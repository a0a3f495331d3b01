//! The crypto backend of `jsonwebtoken`: ring, which TLS depends on anyway. No secret is ever shared with an issuer, so there is
//! no HMAC.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature::{Error as Invalid, Signer, Verifier},
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, Ed25519KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    // Derives public keys, which this program does not need.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installs ring as the backend of `jsonwebtoken`; only the first call has an effect.
pub(super) fn install() {
    // Fails if it is installed already.
    let _ = PROVIDER.install_default();
}

/// The length of an Ed25519 seed. In an [`EncodingKey`], the public key of the same length follows it.
pub(super) const SEED: usize = 32;

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    if *algorithm != Algorithm::EdDSA || key.family() != AlgorithmFamily::Ed {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let pair = key.as_bytes().split_at_checked(SEED);
    let pair =
        pair.and_then(|(seed, public)| Ed25519KeyPair::from_seed_and_public_key(seed, public).ok());
    Ok(Box::new(Ed25519(
        pair.ok_or(Error::from(ErrorKind::InvalidEddsaKey))?,
    )))
}

struct Ed25519(Ed25519KeyPair);

impl Signer<Vec<u8>> for Ed25519 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Invalid> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Ed25519 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    if algorithm.family() != key.family() {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let with = match algorithm {
        Algorithm::RS256 => With::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RS384 => With::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RS512 => With::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::PS256 => With::Rsa(&RSA_PSS_2048_8192_SHA256),
        Algorithm::PS384 => With::Rsa(&RSA_PSS_2048_8192_SHA384),
        Algorithm::PS512 => With::Rsa(&RSA_PSS_2048_8192_SHA512),
        Algorithm::ES256 => With::Curve(&ECDSA_P256_SHA256_FIXED),
        Algorithm::ES384 => With::Curve(&ECDSA_P384_SHA384_FIXED),
        Algorithm::EdDSA => With::Curve(&ED25519),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(Box::new(Check {
        algorithm: *algorithm,
        with,
        key: key.kind().clone(),
    }))
}

/// The algorithm that verifies a signature.
enum With {
    Rsa(&'static RsaParameters),
    Curve(&'static dyn VerificationAlgorithm),
}

struct Check {
    algorithm: Algorithm,
    with: With,
    key: DecodingKeyKind,
}

impl Verifier<Vec<u8>> for Check {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Invalid> {
        let checked = match (&self.with, &self.key) {
            (With::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            (With::Curve(curve), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(*curve, point).verify(message, signature)
            }
            _ => return Err(Invalid::new()),
        };
        checked.map_err(|_| Invalid::new())
    }
}

impl JwtVerifier for Check {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
