//! Which methods there are, and which of them stream: read off the descriptors.

use std::collections::HashMap;

use prost_reflect::DescriptorPool;

/// How a method's messages come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One request, one answer.
    Unary,
    /// One request, a stream of answers.
    Stream,
    /// Likewise, of gRPC's own services: open on every connection for as long as that lives.
    Watch,
    /// A stream of requests.
    Exchange,
}

/// A method.
#[derive(Debug, Clone, Copy)]
pub(super) struct Method {
    pub(super) kind: Kind,
    /// Whether it answers with a page, which may be large.
    pub(super) pages: bool,
}

/// The methods by their paths.
#[derive(Debug)]
pub(in crate::api) struct Methods(HashMap<String, Method>);

/// Descriptors that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct MethodsError(#[from] prost_reflect::DescriptorError);

impl Methods {
    /// The methods of all services in these sets of file descriptors.
    pub(in crate::api) fn of(descriptors: &[&[u8]]) -> Result<Self, MethodsError> {
        let mut methods = HashMap::new();
        for set in descriptors {
            let pool = DescriptorPool::decode(*set)?;
            for method in pool
                .services()
                .flat_map(|service| service.methods().collect::<Vec<_>>())
            {
                let service = method.parent_service().full_name().to_owned();
                let kind = match (method.is_client_streaming(), method.is_server_streaming()) {
                    (true, _) => Kind::Exchange,
                    (false, true) if service.starts_with("grpc.") => Kind::Watch,
                    (false, true) => Kind::Stream,
                    (false, false) => Kind::Unary,
                };
                let answer = method.output();
                let pages = answer.get_field_by_name("next_page_token").is_some();
                let path = format!("/{service}/{}", method.name());
                methods.insert(path, Method { kind, pages });
            }
        }
        Ok(Methods(methods))
    }

    pub(super) fn get(&self, path: &str) -> Option<Method> {
        self.0.get(path).copied()
    }
}
