from hanabi.errors import EngineCrashedError, ModelNotFoundError
from hanabi.generation.text import TextEvent

MODEL = "accounts/fireworks/models/fake"


def test_metrics_are_for_admins(api):
    reply = api.call("GET", "/metrics")
    assert reply.status == 403
    assert "only an admin's API key" in reply.error["message"]


def test_requests_tokens_and_times(api):
    api.completion()
    api.completion(stream=True)
    api.completion(n=0)
    api.service.steps = ModelNotFoundError()
    api.chat(model="made-up-by-the-client")
    reply = api.metrics()
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = reply.body.decode()
    for line in (
        f'hanabi_requests_total{{model="{MODEL}",route="completions",status="200"}} 2.0',
        'hanabi_requests_total{model="",route="completions",status="400"} 1.0',
        'hanabi_requests_total{model="",route="chat/completions",status="404"} 1.0',
        f'hanabi_prompt_tokens_total{{model="{MODEL}"}} 6.0',
        f'hanabi_cached_prompt_tokens_total{{model="{MODEL}"}} 4.0',
        f'hanabi_completion_tokens_total{{model="{MODEL}"}} 4.0',
        f'hanabi_time_to_first_token_seconds_count{{model="{MODEL}"}} 2.0',
        f'hanabi_time_to_first_token_seconds_sum{{model="{MODEL}"}} 0.5',
        f'hanabi_queue_seconds_count{{model="{MODEL}"}} 2.0',
        f'hanabi_queue_seconds_sum{{model="{MODEL}"}} 0.25',
        f'hanabi_inter_token_seconds_count{{model="{MODEL}"}} 2.0',
        f'hanabi_request_duration_seconds_count{{model="{MODEL}",status="200"}} 2.0',
    ):
        assert line in text
    assert "made-up-by-the-client" not in text


def test_an_engine_that_dies_in_a_stream_is_counted(api):
    api.service.steps = [[TextEvent(0, "Hi")], EngineCrashedError("gone")]
    assert api.completion(stream=True).status == 200
    text = api.metrics().body.decode()
    assert f'hanabi_requests_total{{model="{MODEL}",route="completions",status="503"}} 1.0' in text


def test_only_the_gaps_between_steps_are_inter_token_times(api):
    api.service.steps = [[TextEvent(0, "a", (4,))]] * 4 + [
        [TextEvent(0, "", (7,), finish_reason="stop")]
    ]
    api.completion()
    text = api.metrics().body.decode()
    assert f'hanabi_inter_token_seconds_count{{model="{MODEL}"}} 4.0' in text
