"""The formulas of sampling, written down plainly in Python floats, with no thought of speed.

Written from the papers and the guide, not from the source under test. Filters take probabilities
and return token positions. They also return how near the decision came to another outcome
(`margin`, infinite where nothing could change it), since float32 may decide such cases the other
way.
"""

import math

FAR = math.inf


def softmax(logits):
    peak = max(logits)
    weights = [math.exp(logit - peak) for logit in logits]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def log_softmax(logits):
    peak = max(logits)
    log_total = math.log(math.fsum(math.exp(logit - peak) for logit in logits))
    return [logit - peak - log_total for logit in logits]


def ranking(values):
    return sorted(range(len(values)), key=lambda index: (-values[index], index))


def top_k(probabilities, k):
    order = ranking(probabilities)
    margin = FAR
    if k < len(order):
        last, first_out = probabilities[order[k - 1]], probabilities[order[k]]
        if last != first_out:
            margin = 1 - first_out / last
    return order[:k], margin


def prefix(order, probabilities, p):
    """The shortest run of `order` whose probabilities reach p, and its margin."""
    kept, mass = [], 0.0
    margin = FAR
    for index in order:
        kept.append(index)
        mass += probabilities[index]
        margin = min(margin, abs(mass - p))
        if mass >= p:
            break
    return kept, margin


def top_p(probabilities, p):
    order = ranking(probabilities)
    kept, margin = prefix(order, probabilities, p)
    return kept, min(margin, top_k(probabilities, len(kept))[1])


def min_p(probabilities, p):
    greatest = max(probabilities)
    kept = [index for index, value in enumerate(probabilities) if value >= p * greatest]
    margin = (
        min(abs(value / greatest - p) / p for value in probabilities if value < greatest)
        if (min(probabilities) < greatest)
        else FAR
    )
    return kept, margin


def typical_p(probabilities, p):
    entropy = -math.fsum(value * math.log(value) for value in probabilities if value)
    deviations = {
        index: abs(-math.log(value) - entropy) for index, value in enumerate(probabilities) if value
    }
    order = sorted(deviations, key=lambda index: (deviations[index], index))
    kept, margin = prefix(order, probabilities, p)
    if len(kept) < len(order):
        last, first_out = kept[-1], order[len(kept)]
        if probabilities[last] != probabilities[first_out]:
            margin = min(margin, deviations[first_out] - deviations[last])
    return kept, margin


def mirostat(probabilities, mu):
    """The positions that mirostat v2 keeps."""
    surprises = [-math.log2(value) if value else math.inf for value in probabilities]
    kept = [index for index, surprise in enumerate(surprises) if surprise <= mu]
    margin = min(abs(surprise - mu) for surprise in surprises)
    return kept or ranking(probabilities)[:1], margin


def next_mu(mu, drawn_probability, *, target, rate):
    return mu - rate * (-math.log2(drawn_probability) - target)


def penalised(logits, params, prompt, sampled):
    """Bias, then repetition penalty, then frequency and presence penalty, token by token."""
    result = []
    for token, logit in enumerate(logits):
        value = logit + params.logit_bias.get(token, 0.0)
        if token in prompt or token in sampled:
            if value > 0:
                value /= params.repetition_penalty
            else:
                value *= params.repetition_penalty
        count = sampled.count(token)
        value -= count * params.frequency_penalty
        if count > 0:
            value -= params.presence_penalty
        result.append(value)
    return result


def distribution(logits, params, *, prompt=(), sampled=(), mu=None):
    """Token -> probability that it is drawn, and the least margin of all steps."""
    logits = penalised(logits, params, prompt, sampled)
    if params.temperature == 0:
        return {ranking(logits)[0]: 1.0}, FAR
    probabilities = softmax([logit / params.temperature for logit in logits])
    left = dict(enumerate(probabilities))
    if mu is not None:
        steps = [lambda values: mirostat(values, mu)]
    else:
        steps = []
        if params.top_k:
            steps.append(lambda values: top_k(values, params.top_k))
        if params.top_p < 1:
            steps.append(lambda values: top_p(values, params.top_p))
        if params.min_p:
            steps.append(lambda values: min_p(values, params.min_p))
        if params.typical_p < 1:
            steps.append(lambda values: typical_p(values, params.typical_p))
    least = FAR
    for step in steps:
        tokens = list(left)
        kept, margin = step(list(left.values()))
        least = min(least, margin)
        total = math.fsum(left[tokens[index]] for index in kept)
        left = {tokens[index]: left[tokens[index]] / total for index in sorted(kept)}
    return left, least
