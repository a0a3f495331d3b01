//! Rows that are written together, gathered by column: a statement unnests them.

use diesel::{QueryResult, pg::Pg, query_builder::AstPass};

/// Rows of one shape.
pub(super) trait Rows {
    /// How many there are.
    fn count(&self) -> usize;

    /// Writes ` unnest(…) as n(…) `, with the columns bound.
    fn unnest<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()>;
}

/// Declares rows by column.
macro_rules! columns {
    (
        $name:ident { $first:ident: $first_rust:ty => $first_sql:ty $(, $column:ident: $rust:ty => $sql:ty)* $(,)? }
    ) => {
        #[derive(Debug, Default)]
        pub(super) struct $name { $first: Vec<$first_rust> $(, $column: Vec<$rust>)* }

        impl crate::store::unnest::Rows for $name {
            fn count(&self) -> usize {
                self.$first.len()
            }

            fn unnest<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                use diesel::sql_types::Array;
                // Of a length that Postgres does not see, for the reason that `among` gives; one such column is enough.
                out.push_sql(" unnest((select ");
                out.push_bind_param::<Array<$first_sql>, Vec<$first_rust>>(&self.$first)?;
                out.push_sql(")");
                $(
                    out.push_sql(", ");
                    out.push_bind_param::<Array<$sql>, Vec<$rust>>(&self.$column)?;
                )*
                out.push_sql(concat!(
                    ") as n(", stringify!($first) $(, ", ", stringify!($column))*, ") "
                ));
                Ok(())
            }
        }
    };
}
pub(super) use columns;
