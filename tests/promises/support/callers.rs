//! Calls by somebody in particular. The handlers are called as the server calls them, with the caller in the extensions of the
//! request; how the server knows a caller is another matter.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use prost_reflect::{DynamicMessage, MethodDescriptor, prost::Message as _};
use redress::{
    access::{Caller, Principal, Queues, Scope},
    api::{
        ApiParts, ComplaintApi,
        read_record::{Keeping, ReadRecorder},
        rules::Rules as MethodRules,
    },
    brand::{Brand, BrandBook},
    calendar::CalendarBook,
    engine::Rules,
    outbox::Outbox,
    proto::v1::{
        brand_service_client::BrandServiceClient, brand_service_server::BrandServiceServer,
        complaint_service_client::ComplaintServiceClient,
        complaint_service_server::ComplaintServiceServer,
        dispatch_service_server::DispatchServiceServer, figure_service_client::FigureServiceClient,
        figure_service_server::FigureServiceServer, policy_service_server::PolicyServiceServer,
        privacy_service_client::PrivacyServiceClient, privacy_service_server::PrivacyServiceServer,
        subscription_service_client::SubscriptionServiceClient,
        subscription_service_server::SubscriptionServiceServer,
    },
    telemetry::Metrics,
    time_source::ManualTime,
};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status, body::Body, client::Grpc, service::Routes};
use tower::Service;

use super::{
    database::TestDatabase,
    office::{Office, START, instant},
    raw::Raw,
    requests::address,
};

/// The handlers of a service with two brands, jive and harbour.
pub(crate) struct Desk {
    pub(crate) office: Office,
    routes: Routes,
    _recorder: ReadRecorder,
    _shutdown: tokio_util::sync::DropGuard,
}

impl Desk {
    pub(crate) fn open() -> Desk {
        let database = Arc::new(TestDatabase::create());
        let time = Arc::new(ManualTime::at(instant(START)));
        let office = Office::with_rules(database, time, both_brands());
        let shutdown = CancellationToken::new();
        let recorder = ReadRecorder::start(
            office.store.read_log(),
            Keeping::Required,
            Arc::<ManualTime>::clone(&office.time),
            Metrics::off(),
        );
        let api = ComplaintApi::new(ApiParts {
            rules: Arc::new(MethodRules::read().unwrap()),
            engine: office.engine.clone(),
            reader: office.reader.clone(),
            time: Arc::<ManualTime>::clone(&office.time),
            news: office.engine.committed(),
            shutdown: shutdown.clone(),
            read_record: recorder.record(),
            subscriptions: Outbox::without_key(
                office.store.clone(),
                Arc::<ManualTime>::clone(&office.time),
            )
            .subscriptions(),
            metrics: Metrics::off(),
            watchers: 100,
            heartbeat: Duration::from_secs(15),
        });
        let routes = Routes::new(ComplaintServiceServer::new(api.clone()))
            .add_service(PolicyServiceServer::new(api.clone()))
            .add_service(BrandServiceServer::new(api.clone()))
            .add_service(DispatchServiceServer::new(api.clone()))
            .add_service(FigureServiceServer::new(api.clone()))
            .add_service(PrivacyServiceServer::new(api.clone()))
            .add_service(SubscriptionServiceServer::new(api));
        Desk {
            office,
            routes: routes.prepare(),
            _recorder: recorder,
            _shutdown: shutdown.drop_guard(),
        }
    }

    fn by(&self, caller: &Caller) -> ByCaller {
        ByCaller {
            caller: caller.clone(),
            routes: self.routes.clone(),
        }
    }

    pub(crate) fn client(&self, caller: &Caller) -> ComplaintServiceClient<ByCaller> {
        ComplaintServiceClient::new(self.by(caller))
    }

    pub(crate) fn privacy(&self, caller: &Caller) -> PrivacyServiceClient<ByCaller> {
        PrivacyServiceClient::new(self.by(caller))
    }

    pub(crate) fn subscriptions(&self, caller: &Caller) -> SubscriptionServiceClient<ByCaller> {
        SubscriptionServiceClient::new(self.by(caller))
    }

    pub(crate) fn figures(&self, caller: &Caller) -> FigureServiceClient<ByCaller> {
        FigureServiceClient::new(self.by(caller))
    }

    pub(crate) fn brands(&self, caller: &Caller) -> BrandServiceClient<ByCaller> {
        BrandServiceClient::new(self.by(caller))
    }

    /// Calls a method; the error, if it is one.
    pub(crate) async fn call(
        &self,
        caller: &Caller,
        method: &MethodDescriptor,
        request: &DynamicMessage,
    ) -> Option<Status> {
        let mut grpc = Grpc::new(self.by(caller));
        grpc.ready().await.unwrap();
        let (path, request) = (address(method).parse().unwrap(), request.encode_to_vec());
        let called = grpc
            .server_streaming(Request::new(request), path, Raw)
            .await;
        match called {
            Err(status) => Some(status),
            Ok(mut answers) => answers.get_mut().message().await.err(),
        }
    }
}

/// Somebody who may see complaints of these brands alone.
pub(crate) fn of_brands(brands: &[&str]) -> Caller {
    let brands = brands.iter().map(|&brand| brand.to_owned());
    within(Scope {
        brands: Some(brands.collect()),
        queues: None,
    })
}

/// Somebody who may see complaints alone that are assigned to these, or to nobody where `unassigned`.
pub(crate) fn of_queues(names: &[&str], unassigned: bool) -> Caller {
    let mut queues = Queues::of(names.iter().copied());
    queues.unassigned = unassigned;
    within(Scope {
        brands: None,
        queues: Some(queues),
    })
}

/// Somebody who may see what lies within a scope.
pub(crate) fn within(scope: Scope) -> Caller {
    Caller::Known(Arc::new(Principal {
        subject: "ada".to_owned(),
        roles: Default::default(),
        scope,
    }))
}

fn both_brands() -> Arc<Rules> {
    let calendars = CalendarBook::builtin().unwrap();
    let policies = super::policies::trusting_book(&calendars);
    let mut brands = BrandBook::builtin().unwrap();
    let harbour = include_str!("../../../brands/harbour.toml");
    brands.insert(Brand::parse("harbour.toml", harbour).unwrap());
    Arc::new(Rules::new(policies, calendars, brands))
}

/// The handlers, called by somebody.
#[derive(Clone)]
pub(crate) struct ByCaller {
    caller: Caller,
    routes: Routes,
}

impl Service<http::Request<Body>> for ByCaller {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = <Routes as Service<http::Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<http::Request<Body>>::poll_ready(&mut self.routes, context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        request.extensions_mut().insert(self.caller.clone());
        self.routes.call(request)
    }
}
