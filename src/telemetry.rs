//! shim
#[derive(Debug, Default, Clone, Copy)]
pub struct SqlInstrumentation;
impl diesel::connection::Instrumentation for SqlInstrumentation {
    fn on_connection_event(&mut self, _: diesel::connection::InstrumentationEvent<'_>) {}
}
