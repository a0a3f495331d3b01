//! Who makes a call, as it was found out before the call reached its handler.

use tonic::Request;

use crate::access::Caller;

/// A request in parts: the caller, and what is asked for. Who calls stands in the extensions; where it does not, the service
/// authenticates nobody.
pub(super) fn parted<T>(request: Request<T>) -> (Caller, T) {
    let (_, mut extensions, message) = request.into_parts();
    (extensions.remove().unwrap_or(Caller::Anyone), message)
}
