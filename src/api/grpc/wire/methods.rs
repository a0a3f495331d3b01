//! Which methods there are, which of them stream, and who may call them: read off the descriptors.

use std::{collections::HashMap, sync::Arc};

use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::{
    access::Rule,
    api::rules::{Rules, RulesError},
};

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
#[derive(Debug, Clone)]
pub(super) struct Method {
    pub(super) kind: Kind,
    /// How many bytes its answer may have, if that is a page.
    pub(super) page: Option<usize>,
    /// Who may call it. `None`: everybody, since it is one of gRPC's own, which tell nothing but how the service is.
    pub(super) rule: Option<Arc<Rule>>,
}

/// The methods by their paths.
#[derive(Debug)]
pub(in crate::api) struct Methods(HashMap<String, Method>);

/// Methods that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum MethodsError {
    /// Descriptors that cannot be read.
    #[error(transparent)]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// A method that anybody could call.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

impl Methods {
    /// The methods of all services in these sets of file descriptors. A service that is not gRPC's own has rules.
    pub(in crate::api) fn of(descriptors: &[&[u8]], rules: &Rules) -> Result<Self, MethodsError> {
        let mut methods = HashMap::new();
        for set in descriptors {
            let pool = DescriptorPool::decode(*set)?;
            for method in pool
                .services()
                .flat_map(|service| service.methods().collect::<Vec<_>>())
            {
                let service = method.parent_service().full_name().to_owned();
                let own = service.starts_with("grpc.");
                let rule = match rules.of_method(method.name()) {
                    _ if own => None,
                    Some(rule) => Some(Arc::clone(rule)),
                    None => {
                        let method = method.full_name().to_owned();
                        return Err(RulesError::Missing { method }.into());
                    }
                };
                let kind = match (method.is_client_streaming(), method.is_server_streaming()) {
                    (true, _) => Kind::Exchange,
                    (false, true) if own => Kind::Watch,
                    (false, true) => Kind::Stream,
                    (false, false) => Kind::Unary,
                };
                let page = page(&method.output());
                let path = format!("/{service}/{}", method.name());
                methods.insert(path, Method { kind, page, rule });
            }
        }
        Ok(Methods(methods))
    }

    pub(super) fn get(&self, path: &str) -> Option<Method> {
        self.0.get(path).cloned()
    }
}

/// How many bytes a page may have, with its last item and what stands beside the items. The less is kept for it, the more
/// callers of one connection are answered at once.
fn page(answer: &MessageDescriptor) -> Option<usize> {
    answer.get_field_by_name("next_page_token")?;
    let of_clocks = answer.get_field_by_name("clocks").is_some();
    Some(if of_clocks { 512 << 10 } else { 4 << 20 })
}
