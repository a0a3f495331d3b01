//! What callers are to the provider.

use crate::policy::words;

words! {
    /// What a caller is to the provider. The rule of a method names the roles that may call it.
    Role {
        /// Works on complaints with customers.
        Adviser = "adviser",
        /// Leads advisers, decides what they escalate, and overrides promises.
        Supervisor = "supervisor",
        /// A system of the provider, such as a CRM or a contact centre, that acts for people whom it has authenticated.
        Integration = "integration",
        /// Answers for the code of practice: reports, disclosures, erasures and legal holds.
        Compliance = "compliance",
        /// Reads everything but personal data, and changes nothing.
        Auditor = "auditor",
        /// Changes policies and brands.
        Administrator = "administrator",
        /// Runs the service: sees its health and moves complaints to other versions of their policies.
        Operator = "operator",
    }
}

impl Role {
    /// Whether personal data may be shown to whoever has it.
    #[must_use]
    pub const fn sees_personal_data(self) -> bool {
        match self {
            Role::Adviser | Role::Supervisor | Role::Integration | Role::Compliance => true,
            Role::Auditor | Role::Administrator | Role::Operator => false,
        }
    }
}
