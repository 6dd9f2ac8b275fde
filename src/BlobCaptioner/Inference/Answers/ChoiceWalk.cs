using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Inference.Answers;

/// <summary>A walk down a token trie: the likeliest way at each fork, or a given one.</summary>
internal sealed class ChoiceWalk : Decision
{
    // A conflict: the model gives another way at least the first probability, and the forced way at most the second.
    private const double SureOfAnother = 0.9;
    private const double SureAgainst = 0.05;

    private readonly AnswerTape _tape;
    private readonly Func<int, bool> _isOpen;
    private readonly Func<int, bool>? _isForced;
    private readonly int _unknown;
    private TokenTrie.Node _node;
    private double _another;

    /// <summary>Begins at a node, and goes down as long as there is one way only: those tokens need no logits.</summary>
    /// <param name="tape">Takes the tokens.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="isOpen">Whether a value may be chosen; at least one that <paramref name="start"/> reaches may.</param>
    /// <param name="isForced">The values of which one must be written; null for a free choice.</param>
    /// <param name="unknown">Index of the value that never counts as a conflict; -1 for none.</param>
    public ChoiceWalk(AnswerTape tape, TokenTrie.Node start, Func<int, bool> isOpen, Func<int, bool>? isForced = null, int unknown = -1)
    {
        (_tape, _isOpen, _isForced, _unknown, _node) = (tape, isOpen, isForced, unknown, start);
        Follow(start);
    }

    /// <summary>True for a value; false for a decision how a list goes on.</summary>
    public bool IsValue { get; init; }

    /// <summary>The value that was reached; -1 before.</summary>
    public int Option { get; private set; } = -1;

    /// <summary>Product of the probabilities along the way, among what was open. Of the forced way where one was.</summary>
    public double Confidence { get; private set; } = 1;

    /// <summary>True where a forced value contradicts what the model sees.</summary>
    public bool IsConflict => _isForced is not null && Confidence <= SureAgainst && _another >= SureOfAnother;

    /// <summary>Bytes of the tail that the last token has taken with it.</summary>
    public int TailBytes { get; private set; }

    /// <inheritdoc/>
    public override void Feed(ReadOnlySpan<float> logits)
    {
        _tape.SampledTokens++;
        var max = float.NegativeInfinity;
        foreach (var way in Ways(_node))
        {
            foreach (var token in Tokens(way))
            {
                max = logits[token] > max ? logits[token] : max;
            }
        }

        double total = 0, bestWeight = -1, besideWeight = 0;
        var best = int.MinValue;
        foreach (var way in Ways(_node))
        {
            var weight = Weight(logits, way, max);
            total += weight;
            if (CanGo(way) && weight > bestWeight)
            {
                (best, bestWeight) = (way, weight);
            }

            if (!CanGo(way) && !OnlyUnknown(way))
            {
                besideWeight = Math.Max(besideWeight, weight);
            }
        }

        if (total > 0)
        {
            _another = Math.Max(_another, Confidence * besideWeight / total);
        }

        Confidence *= total > 0 ? bestWeight / total : 0;
        if (best < 0)
        {
            End(_node);
            return;
        }

        _tape.Append([_node.Tokens[best]]);
        Follow(_node.Children[best]);
    }

    private void Follow(TokenTrie.Node node)
    {
        while (true)
        {
            _node = node;
            var ways = Ways(node);
            if (ways.Count != 1)
            {
                if (node.Value >= 0 && node.EndTokens.Count == 0 && CanGo(-1))
                {
                    // Nothing is left that could stand for the end.
                    End(node);
                }

                return;
            }

            if (ways[0] < 0)
            {
                End(node);
                return;
            }

            _tape.Append([node.Tokens[ways[0]]]);
            node = node.Children[ways[0]];
        }
    }

    private void End(TokenTrie.Node node)
    {
        (Option, TailBytes, IsDone) = (node.Value, node.TailBytes, true);
    }

    /// <summary>The open ways at a node: -1 to end here, else the index of a child.</summary>
    private List<int> Ways(TokenTrie.Node node)
    {
        var ways = new List<int>();
        if (node.Value >= 0 && _isOpen(node.Value))
        {
            ways.Add(-1);
        }

        for (var i = 0; i < node.Children.Count; i++)
        {
            if (node.Children[i].Reached.Any(_isOpen))
            {
                ways.Add(i);
            }
        }

        return ways;
    }

    private IReadOnlyList<int> Tokens(int way) => way < 0 ? _node.EndTokens : [_node.Tokens[way]];

    private double Weight(ReadOnlySpan<float> logits, int way, float max)
    {
        double weight = 0;
        foreach (var token in Tokens(way))
        {
            var logit = logits[token];
            weight += logit == max ? 1 : float.IsNaN(logit) ? 0 : Math.Exp((double)logit - max);
        }

        return weight;
    }

    private bool CanGo(int way) => _isForced is null || (way < 0 ? _isForced(_node.Value) : _node.Children[way].Reached.Any(_isForced));

    private bool OnlyUnknown(int way) => way < 0 ? _node.Value == _unknown : _node.Children[way].Reached.All(v => v == _unknown);
}
