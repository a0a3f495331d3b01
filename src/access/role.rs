//! The roles of callers.

use crate::policy::words;

words! {
    /// The role of a caller at the provider. The rule of a method lists the roles that may call it.
    Role {
        /// Works on complaints with customers.
        Adviser = "adviser",
        /// Leads advisers, decides what they escalate, and overrides promises.
        Supervisor = "supervisor",
        /// A system of the provider, such as a CRM or a contact centre, that acts for people whom it has authenticated.
        Integration = "integration",
        /// Responsible for the code of practice: reports, disclosures, erasures and legal holds.
        Compliance = "compliance",
        /// Reads everything but personal data, and changes nothing.
        Auditor = "auditor",
        /// Changes policies and brands.
        Administrator = "administrator",
        /// Runs the service: monitors its health and migrates complaints to other policy versions.
        Operator = "operator",
    }
}

impl Role {
    /// Whether this role may see personal data.
    #[must_use]
    pub const fn sees_personal_data(self) -> bool {
        match self {
            Role::Adviser | Role::Supervisor | Role::Integration | Role::Compliance => true,
            Role::Auditor | Role::Administrator | Role::Operator => false,
        }
    }
}
