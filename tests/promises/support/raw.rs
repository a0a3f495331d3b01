//! A codec that sends bytes as they are, for requests that no message of the API would encode to.

use prost::bytes::{Buf as _, BufMut as _};
use prost_reflect::MethodDescriptor;
use redress::app::App;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::{Channel, Endpoint},
};

use super::requests::address;

#[derive(Default)]
pub(crate) struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

/// Calls a method with these bytes; the error, if it is one.
pub(crate) async fn call(app: &App, method: &MethodDescriptor, request: Vec<u8>) -> Option<Status> {
    call_with(app, method, request, None).await
}

/// As [`call`], with a token.
pub(crate) async fn call_with(
    app: &App,
    method: &MethodDescriptor,
    request: Vec<u8>,
    token: Option<&str>,
) -> Option<Status> {
    let endpoint = Endpoint::from_shared(format!("http://{}", app.address));
    let channel = endpoint.unwrap().connect().await.unwrap();
    call_on(channel, method, request, token).await
}

/// As [`call_with`], on this connection.
pub(crate) async fn call_on(
    channel: Channel,
    method: &MethodDescriptor,
    request: Vec<u8>,
    token: Option<&str>,
) -> Option<Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.unwrap();
    let path = address(method).parse().unwrap();
    let mut request = Request::new(request);
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let called = grpc.server_streaming(request, path, Raw).await;
    match called {
        Err(status) => Some(status),
        Ok(mut answers) => answers.get_mut().message().await.err(),
    }
}
