//! The methods of `FigureService`.

use tonic::Request;

use super::{
    caller::parted,
    reply::{Reply, ReplyStream, answer_read, answer_stream},
};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, figure_service_server::FigureService},
};

#[tonic::async_trait]
impl FigureService for ComplaintApi {
    type GetFiguresStream = ReplyStream<v1::GetFiguresResponse>;

    async fn get_figures(
        &self,
        request: Request<v1::GetFiguresRequest>,
    ) -> Reply<Self::GetFiguresStream> {
        let (caller, request) = parted(request);
        answer_stream(self.begin_figures(&caller, request)).await
    }

    async fn list_figure_complaints(
        &self,
        request: Request<v1::ListFigureComplaintsRequest>,
    ) -> Reply<v1::ListFigureComplaintsResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_figure_complaints(&caller, request)).await
    }
}
