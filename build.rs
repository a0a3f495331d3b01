//! Generates the API's code from `proto/`, with a compiler written in Rust: no protoc is needed.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");

    let mut compiler = protox::Compiler::new(["proto"])?;
    compiler.include_source_info(true).include_imports(true);
    compiler.open_files([
        "redress/v1/service.proto",
        "redress/v1/policy.proto",
        "redress/v1/brand.proto",
        "redress/v1/privacy.proto",
        "redress/v1/subscription.proto",
        "redress/v1/dispatch.proto",
        "redress/v1/figures.proto",
    ])?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    // Encoded by protox itself: passing through prost's own types would drop extension options.
    fs::write(
        out.join("descriptors.bin"),
        compiler.encode_file_descriptor_set(),
    )?;
    tonic_prost_build::configure()
        .build_transport(true)
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
