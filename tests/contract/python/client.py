"""A client in Python, made from the proto files alone: files a complaint, acts on it, watches, and verifies its log.

Takes the service's address. No text of an answer is parsed, but for the UUID in the name of a complaint, of which the chain is
made.
"""

import datetime
import hashlib
import sys
import uuid

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

import chain
from redress.v1 import clock_pb2, complaint_pb2, event_pb2, notice_pb2, service_pb2, service_pb2_grpc

SUMMARY = "Asks when the line is repaired."


def a_week_ago():
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(weeks=1)
    timestamp = Timestamp()
    timestamp.FromDatetime(at)
    return timestamp


def file(service):
    request = service_pb2.FileComplaintRequest(
        actor="python-client",
        request_id=str(uuid.uuid4()),
        channel=complaint_pb2.CHANNEL_FORM,
        customer=complaint_pb2.Customer(full_name="Sample Customer"),
        customer_type=complaint_pb2.CUSTOMER_TYPE_CONSUMER,
        language=complaint_pb2.LANGUAGE_FRENCH,
        issues=[
            complaint_pb2.Issue(
                service=complaint_pb2.SERVICE_KIND_INTERNET,
                category=complaint_pb2.ISSUE_CATEGORY_SERVICE_DELIVERY,
                description="The line drops every evening.",
            )
        ],
        case_references=["CRM-1"],
        received_time=a_week_ago(),
    )
    complaint = service.FileComplaint(request)
    # A call that is repeated changes nothing.
    assert service.FileComplaint(request) == complaint
    return complaint


def watched(service, complaint):
    """The breach of a promise, which comes by itself, and the events before it."""
    request = service_pb2.WatchEventsRequest(
        from_beginning=True,
        kinds=[event_pb2.EVENT_KIND_FILED, event_pb2.EVENT_KIND_BREACHED],
    )
    seen = []
    stream = service.WatchEvents(request, timeout=60)
    first = next(stream)
    assert first.position and not first.HasField("event") and not first.unreachable
    for response in stream:
        assert response.position
        if not response.HasField("event"):
            continue
        event = response.event
        assert not event.text
        if event.complaint == complaint.name:
            seen.append((response.position, event))
            if event.WhichOneof("fact") == "breached":
                stream.cancel()
                goes_on(service, request, seen)
                return [event for _, event in seen]
    raise AssertionError("the stream ended without a breach")


def goes_on(service, request, seen):
    """A stream from the position of an event goes on with the next one, and there is none from a position that is none."""
    position, _ = seen[0]
    request.from_beginning = False
    request.after_position = position
    stream = service.WatchEvents(request, timeout=60)
    assert next(stream).position
    for response in stream:
        assert response.event.name != seen[0][1].name
        if response.event.name == seen[1][1].name:
            stream.cancel()
            break
    request.after_position = "somewhere"
    try:
        next(service.WatchEvents(request, timeout=60))
        raise AssertionError("it is no position")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT


def act_on(service, breach):
    """What a reader of the event does without asking back."""
    after = breach.complaint_after
    assert after.state == complaint_pb2.STATE_RECEIVED
    assert after.policy.policy == "ca-jive" and after.policy.version
    assert list(after.case_references) == ["CRM-1"]
    acknowledged = service.AcknowledgeComplaint(
        service_pb2.AcknowledgeComplaintRequest(
            name=breach.complaint, etag=after.etag, actor="python-client"
        )
    )
    assert acknowledged.tracking_number == after.tracking_number
    try:
        service.AssignComplaint(
            service_pb2.AssignComplaintRequest(
                name=breach.complaint, etag=after.etag, actor="python-client", assignee="eve"
            )
        )
        raise AssertionError("the etag is that from before")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.ABORTED
    service.RecordContact(
        service_pb2.RecordContactRequest(
            name=breach.complaint,
            actor="python-client",
            channel=complaint_pb2.CHANNEL_PHONE,
            direction=complaint_pb2.DIRECTION_FROM_CUSTOMER,
            summary=SUMMARY,
        )
    )


def log_of(service, name):
    events, token = [], ""
    while True:
        page = service.ListEvents(
            service_pb2.ListEventsRequest(
                parent=name, page_size=2, page_token=token, include_text=True
            )
        )
        events += page.events
        token = page.next_page_token
        if not token:
            return events


def verify(events):
    """The chain holds, and breaks wherever one bit of what was hashed is another."""
    last = chain.verify(events)
    assert last == events[-1].record.hash
    for place, event in enumerate(events):
        changed = event_pb2.Event.FromString(event.SerializeToString())
        changed.record.payload = bytes([event.record.payload[0] ^ 1]) + event.record.payload[1:]
        later = event_pb2.Event.FromString(event.SerializeToString())
        later.event_time.nanos = (later.event_time.nanos + 1_000) % 1_000_000_000
        for wrong in [changed, later]:
            try:
                chain.verify(events[:place] + [wrong] + events[place + 1 :])
            except chain.Broken:
                continue
            raise AssertionError(f"a change of event {event.sequence} is not noticed")


def main(address):
    channel = grpc.insecure_channel(address)
    grpc.channel_ready_future(channel).result(timeout=60)
    service = service_pb2_grpc.ComplaintServiceStub(channel)

    complaint = file(service)
    filed, *_, breach = watched(service, complaint)
    assert filed.kind == event_pb2.EVENT_KIND_FILED
    assert filed.filed.channel == complaint_pb2.CHANNEL_FORM
    assert filed.filed.received_time == complaint.received_time
    assert breach.breached.role in (clock_pb2.ROLE_HANDLER, clock_pb2.ROLE_SUPERVISOR)
    assert breach.clock_step.clock == breach.breached.clock
    assert breach.breached.due_time.seconds < breach.event_time.seconds
    act_on(service, breach)

    events = log_of(service, complaint.name)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert events[-1].kind == event_pb2.EVENT_KIND_CONTACT_RECORDED
    assert events[-1].contact_recorded.direction == complaint_pb2.DIRECTION_FROM_CUSTOMER
    assert events[-1].text == SUMMARY
    without = service.GetEvent(service_pb2.GetEventRequest(name=events[-1].name))
    assert not without.text and without.record == events[-1].record
    verify(events)

    [issued] = [event for event in events if event.WhichOneof("fact") == "notice_issued"]
    notice = service.GetNotice(service_pb2.GetNoticeRequest(name=issued.notice_issued.notice))
    assert notice.event == issued.name
    assert notice.kind == notice_pb2.NOTICE_KIND_ACKNOWLEDGEMENT
    assert notice.language == complaint_pb2.LANGUAGE_FRENCH
    assert hashlib.sha256(notice.text.removeprefix(notice.addressee + "\n\n").encode()).digest() == issued.notice_issued.text_sha256
    print(f"Python: {complaint.tracking_number}, {len(events)} events, the chain holds")


if __name__ == "__main__":
    main(sys.argv[1])
