//! What the libpq of this program can do.

use std::sync::LazyLock;

use diesel::{Connection as _, PgConnection};

/// Whether it speaks TLS: one that was compiled without does not, whatever it is asked. Found out by asking it for a connection
/// that goes nowhere, since what it says of itself is said only to those who call it in C.
pub(super) fn speaks_tls() -> bool {
    static SPEAKS: LazyLock<bool> = LazyLock::new(|| {
        let nowhere = "host=/nonexistent/redress gssencmode=disable sslmode=require";
        // Its own messages are in English unless the process sets a locale, which this one does not.
        let refused = PgConnection::establish(nowhere).err();
        !refused.is_some_and(|error| error.to_string().contains("not compiled in"))
    });
    *SPEAKS
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_bundled_libpq_speaks_no_tls_and_the_one_of_the_system_does() {
        assert_eq!(super::speaks_tls(), !cfg!(feature = "bundled-libpq"));
    }
}
