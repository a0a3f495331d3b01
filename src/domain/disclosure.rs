//! What is disclosed of a customer, and to whom: account data and copies only to somebody whose identity was checked.

use super::{Complaint, Customer};

impl Complaint {
    /// The customer's account number, where it may be disclosed: once it was checked who speaks for the customer. Until then
    /// whoever calls might be anybody, and a complaint must not be the way to somebody else's account.
    #[must_use]
    pub fn disclosed_account<'c>(&self, customer: &'c Customer) -> Option<&'c str> {
        let account = customer.account_number.as_deref();
        account.filter(|_| self.identity.is_some())
    }

    /// Whether a copy of everything may be handed out, account data among it. What was erased goes to nobody, so it does not
    /// matter whom it would go to.
    #[must_use]
    pub fn may_be_handed_out(&self) -> bool {
        self.identity.is_some() || self.is_erased()
    }
}
