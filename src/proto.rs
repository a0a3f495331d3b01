//! The API as generated from `proto/redress/v1`; its comments are the API's manual.

/// Version 1 of the API.
pub mod v1 {
    #![allow(
        clippy::all,
        clippy::allow_attributes_without_reason,
        missing_debug_implementations,
        unreachable_pub,
        unused_qualifications,
        reason = "generated code"
    )]
    tonic::include_proto!("redress.v1");
}

/// Every file of the API as an encoded `FileDescriptorSet`, comments included: for reflection and field masks.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
