//! Calls that failed, and why.

use tonic::Code;

use super::{
    Metrics,
    labels::{code_name, of_failure},
};

impl Metrics {
    /// One call that ended in an error: its method without the service, its status code, and the reason that its caller was told.
    /// Without one it is named by its code, such as `CANCELLED` where the caller went away.
    pub fn call_failed(&self, method: &str, code: Code, reason: Option<&str>) {
        if let Some(on) = &self.0 {
            let reason = reason.unwrap_or_else(|| code_name(code));
            on.calls_failed.add(1, &of_failure(method, code, reason));
        }
    }
}
