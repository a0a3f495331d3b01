//! The methods of `BrandService`.

use tonic::Request;

use super::answer::{Answer, answer_change, answer_read};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, brand_service_server::BrandService},
};

#[tonic::async_trait]
impl BrandService for ComplaintApi {
    async fn get_brand(&self, request: Request<v1::GetBrandRequest>) -> Answer<v1::Brand> {
        answer_read(self.read_brand(request.into_inner())).await
    }

    async fn list_brands(
        &self,
        request: Request<v1::ListBrandsRequest>,
    ) -> Answer<v1::ListBrandsResponse> {
        answer_read(self.read_brands(request.into_inner())).await
    }

    async fn activate_brand(
        &self,
        request: Request<v1::ActivateBrandRequest>,
    ) -> Answer<v1::ActivateBrandResponse> {
        answer_change(self.activate_a_brand(request.into_inner())).await
    }
}
