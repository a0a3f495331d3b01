//! The methods of `BrandService`.

use tonic::Request;

use super::{
    caller::parted,
    reply::{Reply, answer_change, answer_read},
};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, brand_service_server::BrandService},
};

#[tonic::async_trait]
impl BrandService for ComplaintApi {
    async fn get_brand(&self, request: Request<v1::GetBrandRequest>) -> Reply<v1::Brand> {
        let (caller, request) = parted(request);
        answer_read(self.read_brand(&caller, request)).await
    }

    async fn list_brands(
        &self,
        request: Request<v1::ListBrandsRequest>,
    ) -> Reply<v1::ListBrandsResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_brands(&caller, request)).await
    }

    async fn activate_brand(
        &self,
        request: Request<v1::ActivateBrandRequest>,
    ) -> Reply<v1::ActivateBrandResponse> {
        let (caller, request) = parted(request);
        answer_change(self.activate_a_brand(&caller, request)).await
    }
}
