//! The methods of `SubscriptionService`.

use tonic::Request;

use super::{
    caller::parted,
    reply::{Reply, answer_change, answer_read},
};
use crate::{
    api::ComplaintApi,
    proto::v1::{self, subscription_service_server::SubscriptionService},
    store::SubscriptionState,
};

#[tonic::async_trait]
impl SubscriptionService for ComplaintApi {
    async fn create_subscription(
        &self,
        request: Request<v1::CreateSubscriptionRequest>,
    ) -> Reply<v1::CreateSubscriptionResponse> {
        let (caller, request) = parted(request);
        answer_change(self.create_a_subscription(&caller, request)).await
    }

    async fn get_subscription(
        &self,
        request: Request<v1::GetSubscriptionRequest>,
    ) -> Reply<v1::Subscription> {
        let (caller, request) = parted(request);
        answer_read(self.read_subscription(&caller, request)).await
    }

    async fn list_subscriptions(
        &self,
        request: Request<v1::ListSubscriptionsRequest>,
    ) -> Reply<v1::ListSubscriptionsResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_subscriptions(&caller, request)).await
    }

    async fn update_subscription(
        &self,
        request: Request<v1::UpdateSubscriptionRequest>,
    ) -> Reply<v1::Subscription> {
        let (caller, request) = parted(request);
        answer_change(self.update_a_subscription(&caller, request)).await
    }

    async fn pause_subscription(
        &self,
        request: Request<v1::PauseSubscriptionRequest>,
    ) -> Reply<v1::Subscription> {
        let (caller, request) = parted(request);
        let named = (request.name.as_str(), request.actor.as_str());
        let to = SubscriptionState::Paused;
        answer_change(self.put_subscription(&caller, "PauseSubscription", named, to)).await
    }

    async fn resume_subscription(
        &self,
        request: Request<v1::ResumeSubscriptionRequest>,
    ) -> Reply<v1::Subscription> {
        let (caller, request) = parted(request);
        let named = (request.name.as_str(), request.actor.as_str());
        let to = SubscriptionState::Active;
        answer_change(self.put_subscription(&caller, "ResumeSubscription", named, to)).await
    }

    async fn delete_subscription(
        &self,
        request: Request<v1::DeleteSubscriptionRequest>,
    ) -> Reply<v1::DeleteSubscriptionResponse> {
        let (caller, request) = parted(request);
        let named = (request.name.as_str(), request.actor.as_str());
        let to = SubscriptionState::Deleted;
        answer_change(async {
            self.put_subscription(&caller, "DeleteSubscription", named, to)
                .await?;
            Ok(v1::DeleteSubscriptionResponse {})
        })
        .await
    }

    async fn rotate_subscription_secret(
        &self,
        request: Request<v1::RotateSubscriptionSecretRequest>,
    ) -> Reply<v1::RotateSubscriptionSecretResponse> {
        let (caller, request) = parted(request);
        answer_change(self.rotate_secret(&caller, request)).await
    }

    async fn test_subscription(
        &self,
        request: Request<v1::TestSubscriptionRequest>,
    ) -> Reply<v1::TestSubscriptionResponse> {
        let (caller, request) = parted(request);
        answer_read(ComplaintApi::test_subscription(self, &caller, request)).await
    }

    async fn list_deliveries(
        &self,
        request: Request<v1::ListDeliveriesRequest>,
    ) -> Reply<v1::ListDeliveriesResponse> {
        let (caller, request) = parted(request);
        answer_read(self.read_deliveries(&caller, request)).await
    }

    async fn replay_deliveries(
        &self,
        request: Request<v1::ReplayDeliveriesRequest>,
    ) -> Reply<v1::ReplayDeliveriesResponse> {
        let (caller, request) = parted(request);
        answer_change(self.replay_deliveries_of(&caller, request)).await
    }
}
