//! Set-based writes: rows are gathered by column and written by one statement that unnests them.
//!
//! Each statement has a constant text and a query id, so that every connection prepares it once and keeps it; a list of
//! values of changing length would be planned anew each time.

/// Declares a set of rows by column, and the statements that write one: what stands before `unnest(…) as n(…)`, and what
/// stands after it.
macro_rules! columns {
    (
        $name:ident { $($column:ident: $rust:ty => $sql:ty),+ $(,)? }
        $($statement:ident = $before:literal .. $after:literal;)+
    ) => {
        #[derive(Debug, Default)]
        pub(super) struct $name { $($column: Vec<$rust>),+ }

        impl $name {
            fn unnest<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                let mut separator = " unnest(";
                $(
                    out.push_sql(separator);
                    out.push_bind_param::<diesel::sql_types::Array<$sql>, Vec<$rust>>(&self.$column)?;
                    separator = ", ";
                )+
                let _ = separator;
                out.push_sql(concat!(") as n(", columns!(@names $($column),+), ") "));
                Ok(())
            }
        }

        $(
            #[derive(Debug)]
            struct $statement<'r>(&'r $name);

            impl diesel::query_builder::QueryId for $statement<'_> {
                type QueryId = $statement<'static>;
                const HAS_STATIC_QUERY_ID: bool = true;
            }

            impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $statement<'_> {
                fn walk_ast<'b>(
                    &'b self,
                    mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
                ) -> diesel::QueryResult<()> {
                    out.push_sql($before);
                    self.0.unnest(out.reborrow())?;
                    out.push_sql($after);
                    Ok(())
                }
            }

            impl diesel::RunQueryDsl<diesel::PgConnection> for $statement<'_> {}
        )+
    };
    (@names $first:ident $(, $rest:ident)*) => { concat!(stringify!($first) $(, ", ", stringify!($rest))*) };
}
pub(super) use columns;
