//! No method of the API is there on paper only.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use prost_reflect::DescriptorPool;
use redress::proto::{
    DESCRIPTORS,
    v1::{
        self, brand_service_client::BrandServiceClient,
        complaint_service_client::ComplaintServiceClient,
        dispatch_service_client::DispatchServiceClient, figure_service_client::FigureServiceClient,
        policy_service_client::PolicyServiceClient, privacy_service_client::PrivacyServiceClient,
        simulate_policy_response::Message, subscription_service_client::SubscriptionServiceClient,
    },
};
use tonic::{
    GrpcMethod, Request, Response, Status, Streaming, service::Interceptor, transport::Channel,
};

use crate::{
    subscriptions::Sending,
    support::{
        receiver::Receiver,
        service::{act, filing, told},
    },
};

/// Notes which methods are called.
#[derive(Clone, Default)]
struct Called(Arc<Mutex<BTreeSet<String>>>);

impl Interceptor for Called {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        let method = request.extensions().get::<GrpcMethod<'_>>().unwrap();
        self.0.lock().unwrap().insert(method.method().to_owned());
        Ok(request)
    }
}

fn methods() -> BTreeSet<String> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let services = pool.services();
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    methods.map(|method| method.name().to_owned()).collect()
}

/// Reads a stream to its end.
async fn last<T>(stream: Response<Streaming<T>>) -> T {
    let mut stream = stream.into_inner();
    let mut last = None;
    while let Some(message) = stream.message().await.unwrap() {
        last = Some(message);
    }
    last.expect("at least one message")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_method_of_the_api_can_be_called_and_succeeds() {
    let receiver = Receiver::well().await;
    let service = Sending::to(&[&receiver]).await.service;
    let channel = Channel::from_shared(format!("http://{}", service.app.address))
        .unwrap()
        .connect()
        .await
        .unwrap();
    let called = Called::default();
    let mut client = ComplaintServiceClient::with_interceptor(channel.clone(), called.clone());
    let mut policies = PolicyServiceClient::with_interceptor(channel.clone(), called.clone());
    let mut brands = BrandServiceClient::with_interceptor(channel.clone(), called.clone());
    let mut dispatches = DispatchServiceClient::with_interceptor(channel.clone(), called.clone());
    let mut privacy = PrivacyServiceClient::with_interceptor(channel.clone(), called.clone());
    let mut figures = FigureServiceClient::with_interceptor(channel.clone(), called.clone());
    let mut subscriptions = SubscriptionServiceClient::with_interceptor(channel, called.clone());
    let mut enquiry = filing(v1::Channel::Phone);
    enquiry.enquiry = true;
    let name = client
        .file_complaint(enquiry)
        .await
        .unwrap()
        .into_inner()
        .name;

    act!(client, name, convert_enquiry(ConvertEnquiryRequest {})).unwrap();
    act!(
        client,
        name,
        acknowledge_complaint(AcknowledgeComplaintRequest {})
    )
    .unwrap();
    act!(
        client,
        name,
        verify_identity(VerifyIdentityRequest {
            method: "security questions"
        })
    )
    .unwrap();
    act!(
        client,
        name,
        record_contact(RecordContactRequest {
            channel: v1::Channel::Phone,
            direction: v1::Direction::ToCustomer,
            summary: "Asked when the line drops."
        })
    )
    .unwrap();
    let update = v1::SendUpdateRequest {
        actor: "ada".to_owned(),
        message: "We are at it.".to_owned(),
        ..Default::default()
    };
    let preview = v1::PreviewNoticesRequest {
        name: name.clone(),
        act: Some(v1::preview_notices_request::Act::SendUpdate(update)),
    };
    let complaints = vec![name.clone()];
    let assigned = client
        .batch_assign_complaints(v1::BatchAssignComplaintsRequest {
            complaints: complaints.clone(),
            actor: "ada".to_owned(),
            assignee: "ada".to_owned(),
            ..Default::default()
        })
        .await
        .unwrap();
    assert_eq!(assigned.into_inner().results.len(), 1);
    client
        .batch_label_complaints(v1::BatchLabelComplaintsRequest {
            complaints: complaints.clone(),
            actor: "ada".to_owned(),
            remove_keys: vec!["outage".to_owned()],
            ..Default::default()
        })
        .await
        .unwrap();
    client
        .batch_pause_complaints(v1::BatchPauseComplaintsRequest {
            complaints,
            actor: "ada".to_owned(),
            reason: v1::PauseReason::ThirdParty.into(),
            ..Default::default()
        })
        .await
        .unwrap();
    act!(client, name, resume_complaint(ResumeComplaintRequest {})).unwrap();
    let counted = client
        .count_complaints(v1::CountComplaintsRequest::default())
        .await
        .unwrap();
    assert_eq!(counted.into_inner().counts.len(), 1);
    let previewed = client.preview_notices(preview).await.unwrap();
    assert_eq!(previewed.into_inner().notices.len(), 1);
    act!(
        client,
        name,
        send_update(SendUpdateRequest {
            message: "We are at it."
        })
    )
    .unwrap();
    act!(
        client,
        name,
        pause_complaint(PauseComplaintRequest {
            reason: v1::PauseReason::ThirdParty
        })
    )
    .unwrap();
    act!(client, name, resume_complaint(ResumeComplaintRequest {})).unwrap();
    act!(
        client,
        name,
        assign_complaint(AssignComplaintRequest { assignee: "eve" })
    )
    .unwrap();
    act!(
        client,
        name,
        unassign_complaint(UnassignComplaintRequest {})
    )
    .unwrap();
    act!(
        client,
        name,
        add_issue(AddIssueRequest {
            issue: filing(v1::Channel::Form).issues.remove(0)
        })
    )
    .unwrap();
    act!(
        client,
        name,
        add_case_reference(AddCaseReferenceRequest {
            case_reference: "CRM-7"
        })
    )
    .unwrap();
    act!(
        client,
        name,
        add_note(AddNoteRequest {
            note: "Call the warehouse."
        })
    )
    .unwrap();
    act!(
        client,
        name,
        add_attachment(AddAttachmentRequest {
            attachment: v1::Attachment {
                location: "dms:4711".to_owned(),
                sha256: vec![7; 32],
                media_type: "application/pdf".to_owned(),
                ..Default::default()
            }
        })
    )
    .unwrap();
    let correction = v1::UpdateComplaintRequest {
        complaint: Some(v1::Complaint {
            name: name.clone(),
            region: "CA-QC".to_owned(),
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["region".to_owned()],
        }),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    let corrected = client.update_complaint(correction).await.unwrap();
    assert_eq!(corrected.into_inner().region, "CA-QC");
    act!(
        client,
        name,
        escalate_complaint(EscalateComplaintRequest {
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    act!(
        client,
        by "bea",
        name,
        conclude_review(ConcludeReviewRequest {
            conclusion: "The cabinet was wet."
        })
    )
    .unwrap();
    act!(
        client,
        by "bea",
        name,
        propose_outcome(ProposeOutcomeRequest {
            message: "Repaired.",
            remedy: "A credit."
        })
    )
    .unwrap();
    act!(
        client,
        name,
        record_customer_answer(RecordCustomerAnswerRequest {
            answer: v1::CustomerAnswer::Accepted
        })
    )
    .unwrap();
    act!(
        client,
        name,
        confirm_implementation(ConfirmImplementationRequest {})
    )
    .unwrap();
    act!(
        client,
        name,
        close_complaint(CloseComplaintRequest {
            reason: v1::ClosureReason::Accepted
        })
    )
    .unwrap();
    act!(
        client,
        name,
        reopen_complaint(ReopenComplaintRequest {
            reason: "It drops again."
        })
    )
    .unwrap();
    act!(client, name, refer_complaint(ReferComplaintRequest {})).unwrap();
    act!(
        client,
        name,
        record_referral_stage(RecordReferralStageRequest {
            stage: v1::ReferralStage::InitialReferral
        })
    )
    .unwrap();
    act!(
        client,
        name,
        submit_referral_report(SubmitReferralReportRequest {
            report: "What we did.",
            answer: v1::ReferralAnswer::Unresolved
        })
    )
    .unwrap();
    act!(
        client,
        name,
        record_document_request(RecordDocumentRequestRequest {
            request: "The recording of the call."
        })
    )
    .unwrap();
    act!(
        client,
        name,
        submit_documents(SubmitDocumentsRequest {
            documents: "The recording."
        })
    )
    .unwrap();
    act!(
        client,
        name,
        record_findings(RecordFindingsRequest {
            findings: "The provider pays a credit.",
            provider_must_act: true
        })
    )
    .unwrap();
    act!(
        client,
        name,
        confirm_findings_carried_out(ConfirmFindingsCarriedOutRequest {})
    )
    .unwrap();
    act!(
        client,
        name,
        withdraw_complaint(WithdrawComplaintRequest {
            statement: "Never mind.",
            channel: v1::Channel::Phone
        })
    )
    .unwrap();
    let call = client.file_complaint(filing(v1::Channel::Chat));
    let on_chat = call.await.unwrap().into_inner().name;
    act!(
        client,
        on_chat,
        resolve_at_first_contact(ResolveAtFirstContactRequest {
            message: "Reset the modem."
        })
    )
    .unwrap();

    act!(
        client,
        name,
        link_complaint(LinkComplaintRequest {
            other_complaint: on_chat.as_str(),
            kind: v1::LinkKind::FollowUpOf
        })
    )
    .unwrap();
    act!(
        client,
        name,
        unlink_complaint(UnlinkComplaintRequest {
            other_complaint: on_chat.as_str()
        })
    )
    .unwrap();

    let get = v1::GetComplaintRequest {
        name: name.clone(),
        ..Default::default()
    };
    let got = client.get_complaint(get).await.unwrap();
    assert_eq!(got.into_inner().name, name);
    let check = v1::CheckReferralEligibilityRequest { name: name.clone() };
    let checked = client.check_referral_eligibility(check).await.unwrap();
    assert!(!checked.into_inner().findings.is_empty());
    let listed = client.list_complaints(v1::ListComplaintsRequest::default());
    let listed = listed.await.unwrap().into_inner().complaints;
    let listed: BTreeSet<_> = listed.into_iter().map(|complaint| complaint.name).collect();
    assert_eq!(listed, BTreeSet::from([name.clone(), on_chat.clone()]));
    let search = v1::SearchComplaintsRequest {
        tracking_number: "RD-00000-00000".to_owned(),
        ..Default::default()
    };
    let refused = client.search_complaints(search).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
    let search = v1::SearchComplaintsRequest {
        customer_of: name.clone(),
        ..Default::default()
    };
    let found = client.search_complaints(search).await.unwrap();
    assert_eq!(found.into_inner().unreachable, Vec::<String>::new());
    let list = v1::ListEventsRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let events = client.list_events(list).await.unwrap().into_inner().events;
    assert_eq!(events[0].kind(), v1::EventKind::Filed);
    let get = v1::GetEventRequest {
        name: events[0].name.clone(),
        ..Default::default()
    };
    assert_eq!(client.get_event(get).await.unwrap().get_ref(), &events[0]);
    let list = v1::ListClocksRequest {
        parent: name.clone(),
        ..Default::default()
    };
    let clocks = client.list_clocks(list).await.unwrap().into_inner().clocks;
    assert!(clocks.iter().any(|clock| clock.clock == "resolution"));
    let one = v1::GetClockRequest {
        name: clocks[0].name.clone(),
    };
    assert_eq!(client.get_clock(one).await.unwrap().into_inner(), clocks[0]);
    let explain = v1::ExplainClockRequest {
        name: format!("{name}/clocks/resolution/cycles/latest"),
    };
    let explained = client.explain_clock(explain).await.unwrap().into_inner();
    assert!(!explained.spans.is_empty());
    let list = v1::ListNoticesRequest {
        parent: name.clone(),
        page_size: 1_000,
        ..Default::default()
    };
    let notices = client.list_notices(list).await.unwrap().into_inner();
    let notice = &notices.notices[0];
    let get = v1::GetNoticeRequest {
        name: notice.name.clone(),
    };
    assert_eq!(client.get_notice(get).await.unwrap().get_ref(), notice);
    let from_the_first = v1::WatchEventsRequest {
        from_beginning: true,
        ..Default::default()
    };
    let watch = client.watch_events(from_the_first).await.unwrap();
    let first = told(&mut watch.into_inner()).await.unwrap();
    assert_eq!(first.event.unwrap().complaint, name);

    let list = v1::ListPoliciesRequest::default();
    let listed = policies.list_policies(list).await.unwrap().into_inner();
    let in_use = |policy: &v1::Policy| policy.policy == "ca-jive" && policy.in_force;
    assert!(listed.policies.iter().any(in_use));
    let text = include_str!("../../policies/ca-jive.toml").to_owned();
    let policy_file = Some(v1::TextFile {
        text,
        ..Default::default()
    });
    let simulate = v1::SimulatePolicyRequest {
        policy_file: policy_file.clone(),
        ..Default::default()
    };
    let trial = policies.simulate_policy(simulate).await.unwrap();
    assert!(matches!(
        last(trial).await.message,
        Some(Message::Report(_))
    ));
    let question = v1::GetFiguresRequest {
        month: "2026-06".to_owned(),
        time_zone: "America/Toronto".to_owned(),
        ..Default::default()
    };
    let computed = last(figures.get_figures(question).await.unwrap()).await;
    assert!(matches!(
        computed.message,
        Some(v1::get_figures_response::Message::Figures(_))
    ));
    let list = v1::ListFigureComplaintsRequest {
        month: "2026-06".to_owned(),
        time_zone: "America/Toronto".to_owned(),
        measure: v1::FigureMeasure::Received.into(),
        ..Default::default()
    };
    figures.list_figure_complaints(list).await.unwrap();
    let (policy, actor) = ("ca-jive".to_owned(), "ada".to_owned());
    let activate = v1::ActivatePolicyRequest {
        policy_file,
        actor: actor.clone(),
        ..Default::default()
    };
    let activated = policies.activate_policy(activate).await.unwrap();
    assert!(activated.into_inner().policy.unwrap().in_force);
    let migrate = v1::MigrateComplaintsRequest {
        policy,
        actor: actor.clone(),
    };
    let moved = last(policies.migrate_complaints(migrate).await.unwrap()).await;
    assert_eq!(moved.state(), v1::MigrationState::Done);
    let get = v1::GetMigrationRequest {
        name: moved.name.clone(),
    };
    let looked_up = policies.get_migration(get).await.unwrap().into_inner();
    assert_eq!(looked_up, moved);
    let list = v1::ListMigrationsRequest {
        parent: "policies/-".to_owned(),
        ..Default::default()
    };
    let listed = policies.list_migrations(list).await.unwrap().into_inner();
    assert_eq!(listed.migrations, [moved]);
    let get = v1::GetPolicyRequest {
        name: "policies/ca-jive".to_owned(),
    };
    let in_force = policies.get_policy(get).await.unwrap().into_inner();
    assert!(in_force.in_force, "{in_force:?}");

    let list = v1::ListBrandsRequest::default();
    let listed = brands.list_brands(list).await.unwrap().into_inner();
    assert!(listed.brands.iter().any(|brand| brand.brand == "jive"));
    let get = v1::GetBrandRequest {
        name: "brands/jive".to_owned(),
    };
    let got = brands.get_brand(get).await.unwrap().into_inner();
    assert!(got.in_use && got.latest);
    let activate = v1::ActivateBrandRequest {
        brand_file: Some(v1::TextFile {
            text: include_str!("../../brands/harbour.toml").to_owned(),
            ..Default::default()
        }),
        actor,
    };
    let activated = brands.activate_brand(activate).await.unwrap();
    assert!(activated.into_inner().brand.unwrap().in_use);

    let list = v1::ListDispatchesRequest::default();
    let waiting = dispatches.list_dispatches(list).await.unwrap();
    assert_eq!(waiting.into_inner().dispatches, []);
    let claim = v1::ClaimDispatchesRequest {
        actor: "ada".to_owned(),
        means: v1::ContactMeans::Letter.into(),
        ..Default::default()
    };
    let claimed = dispatches.claim_dispatches(claim).await.unwrap();
    assert_eq!(claimed.into_inner().dispatches, []);
    // Another system delivers here, so nothing can be reported: where the service follows its notices, it succeeds (`delivering`).
    let means = v1::ContactMeans::Phone;
    let refused = [
        act!(
            dispatches,
            name,
            record_dispatch(RecordDispatchRequest {
                notice: 3,
                means: means,
                state: v1::NoticeState::Told
            })
        ),
        act!(
            dispatches,
            name,
            record_notice_delivery(RecordNoticeDeliveryRequest {
                notice: 3,
                means: means
            })
        ),
        act!(
            dispatches,
            name,
            resend_notice(ResendNoticeRequest { notice: 3 })
        ),
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().code(), tonic::Code::FailedPrecondition);
    }

    let account_number = v1::find_person_request::Identity::AccountNumber("A-1".to_owned());
    let search = v1::FindPersonRequest {
        identity: Some(account_number),
    };
    let searched = last(privacy.find_person(search).await.unwrap()).await;
    assert_eq!(searched.searched_complaints, 2);
    let export = v1::ExportPersonRequest {
        complaints: vec![name.clone()],
    };
    let end = last(privacy.export_person(export).await.unwrap()).await;
    assert!(end.part.ends_with(b"}"));
    let subscription = v1::Subscription {
        title: "CRM".to_owned(),
        endpoint: receiver.url(),
        ..Default::default()
    };
    let create = v1::CreateSubscriptionRequest {
        subscription: Some(subscription),
        actor: "ada".to_owned(),
    };
    let created = subscriptions.create_subscription(create).await.unwrap();
    let subscription = created.into_inner().subscription.unwrap();
    let of = subscription.name.clone();
    let get = v1::GetSubscriptionRequest { name: of.clone() };
    let got = subscriptions.get_subscription(get).await.unwrap();
    assert_eq!(got.into_inner().changes.len(), 1);
    let list = v1::ListSubscriptionsRequest::default();
    let listed = subscriptions.list_subscriptions(list).await.unwrap();
    assert_eq!(
        listed.into_inner().subscriptions,
        std::slice::from_ref(&subscription)
    );
    let update = v1::UpdateSubscriptionRequest {
        subscription: Some(subscription),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["title".to_owned()],
        }),
        actor: "ada".to_owned(),
    };
    subscriptions.update_subscription(update).await.unwrap();
    let test = v1::TestSubscriptionRequest { name: of.clone() };
    let tested = subscriptions.test_subscription(test).await.unwrap();
    assert!(tested.into_inner().attempt.unwrap().delivered);
    let rotate = v1::RotateSubscriptionSecretRequest {
        name: of.clone(),
        actor: "ada".to_owned(),
    };
    let rotated = subscriptions.rotate_subscription_secret(rotate).await;
    assert!(rotated.unwrap().into_inner().secret.starts_with("whsec_"));
    let list = v1::ListDeliveriesRequest {
        parent: of.clone(),
        ..Default::default()
    };
    subscriptions.list_deliveries(list).await.unwrap();
    let replay = v1::ReplayDeliveriesRequest {
        name: of.clone(),
        actor: "ada".to_owned(),
        ..Default::default()
    };
    let replayed = subscriptions.replay_deliveries(replay).await.unwrap();
    assert_eq!(replayed.into_inner().replayed_count, 0);
    let pause = v1::PauseSubscriptionRequest {
        name: of.clone(),
        actor: "ada".to_owned(),
    };
    subscriptions.pause_subscription(pause).await.unwrap();
    let resume = v1::ResumeSubscriptionRequest {
        name: of.clone(),
        actor: "ada".to_owned(),
    };
    subscriptions.resume_subscription(resume).await.unwrap();
    let delete = v1::DeleteSubscriptionRequest {
        name: of,
        actor: "ada".to_owned(),
    };
    subscriptions.delete_subscription(delete).await.unwrap();
    let list = v1::ListPersonalDataReadsRequest::default();
    let reads = privacy.list_personal_data_reads(list).await.unwrap();
    // Nobody is known here.
    assert_eq!(reads.into_inner().reads, []);
    let reason = v1::LegalHoldReason::Litigation;
    act!(
        privacy,
        on_chat,
        place_legal_hold(PlaceLegalHoldRequest { reason: reason })
    )
    .unwrap();
    act!(
        privacy,
        on_chat,
        release_legal_hold(ReleaseLegalHoldRequest { reason: reason })
    )
    .unwrap();
    let erased = act!(
        privacy,
        on_chat,
        erase_person(ErasePersonRequest {
            reason: v1::ErasureReason::Request
        })
    );
    assert!(erased.unwrap().erasure.is_some());

    assert_eq!(*called.0.lock().unwrap(), methods());
    drop((client, policies, brands, privacy, dispatches));
    service.stop().await;
}
