-- The labels of the provider's own, each as key=value; null: none. A column without a default: no row is written anew.
alter table complaint add column labels text[];
