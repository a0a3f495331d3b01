//! Set-based writes: rows are gathered by column and written by one statement that unnests them.
//!
//! Each statement has a constant text and a query id, so that every connection prepares it once and keeps it; a list of
//! values of changing length would be planned anew each time.

/// Declares a set of rows with the one statement that writes them.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($column:ident: $rust:ty => $sql:ty),+ $(,)? } $before:literal .. $after:literal) => {
        $(#[$doc])*
        #[derive(Debug, Default, diesel::query_builder::QueryId)]
        pub(super) struct $name { $(pub(super) $column: Vec<$rust>),+ }

        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                out.push_sql($before);
                out.push_sql(" unnest(");
                let mut separator = "";
                $(
                    out.push_sql(separator);
                    out.push_bind_param::<diesel::sql_types::Array<$sql>, Vec<$rust>>(&self.$column)?;
                    separator = ", ";
                )+
                let _ = separator;
                out.push_sql(concat!(") as n(", columns!(@names $($column),+), ") "));
                out.push_sql($after);
                Ok(())
            }
        }

        impl diesel::RunQueryDsl<diesel::PgConnection> for &$name {}
    };
    (@names $first:ident $(, $rest:ident)*) => { concat!(stringify!($first) $(, ", ", stringify!($rest))*) };
}
pub(super) use columns;
