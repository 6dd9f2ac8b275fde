using System.Text;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.SampleModel.Labels;
using BlobCaptioner.SampleModel.Listings;
using BlobCaptioner.SampleModel.Tokens;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>
/// Composes answers in the form of <see cref="DecodingPlan"/>. The model decides the values, and what follows texts and list items. The plan appends everything else as literals.
/// </summary>
internal sealed class AnswerText
{
    // About 12 tokens of attributes tell what the picture shows; about 80 tokens of copy repeat it.
    private const float AttributeWeight = 3;
    private const float CopyWeight = 1;

    private readonly StringBuilder _text = new();
    private readonly List<(int Start, int End, float Weight)> _decisions = [];
    private bool _isFirst = true;

    private AnswerText()
    {
    }

    /// <summary>The tokens of a task's answer, each with its weight in the loss. For a profile of several languages: the attributes, then the copy in the task's language.</summary>
    /// <param name="task">The fields or question to answer.</param>
    /// <param name="label">What the picture shows.</param>
    /// <param name="facts">What the catalogue says.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public static List<(int Token, float Weight)> Compose(CaptionTask task, PictureLabel label, ProductFacts facts, BpeTokenizer tokenizer)
    {
        var (profile, language) = (task.Profile, task.Language);
        var answer = new AnswerText();
        if (task.Question is { } question)
        {
            answer.Open(QuestionProfile.Answer);
            answer.Add([question.Answer(label)], isList: false, CopyWeight, endIsDecided: true);
            return answer.Encode(tokenizer, task.LiteralWeight);
        }

        foreach (var field in profile.Fields.Where(f => f.IsAttribute))
        {
            answer.AddAttribute(field, label, facts);
        }

        if (profile.Languages.Count > 1)
        {
            answer.Open(language.Tag);
            answer._isFirst = true;
        }

        foreach (var field in profile.CopyFields(language))
        {
            var values = ListingWriter.Write(field, language.Tag, label);
            answer.Open(field.Name);
            answer.Add(values, field.Kind is FieldKind.TextList or FieldKind.Choices, CopyWeight, endIsDecided: true);
        }

        return answer.Encode(tokenizer, task.LiteralWeight);
    }

    private void AddAttribute(ProfileField field, PictureLabel label, ProductFacts facts)
    {
        var isList = field.Kind is FieldKind.TextList or FieldKind.Choices;
        if (facts.Find(field.Name) is { Length: > 0 } supplied)
        {
            Open(field.Name);
            Add([supplied.Trim()], isList, weight: 0, endIsDecided: false);
        }
        else if (field.Evidence.Count > 1 || (field.AllowUnknown && field.Kind is FieldKind.Text or FieldKind.TextList or FieldKind.Number))
        {
            // drawn products carry no print
            Open(field.Name + "_from");
            Add(["unknown"], isList: false, AttributeWeight, endIsDecided: false);
        }
        else
        {
            Open(field.Name);
            Add(ListingWriter.Write(field, language: null, label), isList, AttributeWeight, endIsDecided: isList);
        }
    }

    private void Open(string name)
    {
        _text.Append(_isFirst ? '{' : ',').Append($"\"{DecodingPlan.Escape(name)}\":");
        _isFirst = false;
    }

    private void Add(IReadOnlyList<string> values, bool isList, float weight, bool endIsDecided)
    {
        _text.Append(isList ? "[" : "");
        for (var i = 0; i < values.Count; i++)
        {
            _text.Append(i > 0 ? ",\"" : "\"");
            var start = _text.Length;
            _text.Append(DecodingPlan.Escape(values[i]));
            if (weight > 0)
            {
                _decisions.Add((start, _text.Length + (endIsDecided ? 1 : 0), weight));
            }

            _text.Append('"');
        }

        _text.Append(isList ? "]" : "");
    }

    private List<(int Token, float Weight)> Encode(BpeTokenizer tokenizer, float literalWeight)
    {
        var text = _text.Append('}').ToString();
        // in bytes, since tokens need not end where characters end
        var bytes = _decisions.ConvertAll(d => (Start: Encoding.UTF8.GetByteCount(text.AsSpan(0, d.Start)), End: Encoding.UTF8.GetByteCount(text.AsSpan(0, d.End)), d.Weight));
        var tokens = new List<(int Token, float Weight)>();
        var (at, next) = (0, 0);
        foreach (var token in tokenizer.Encode(text))
        {
            var end = at + tokenizer.BytesOf(token).Length;
            while (next < bytes.Count && bytes[next].End <= at)
            {
                next++;
            }

            tokens.Add((token, next < bytes.Count && bytes[next].Start < end ? bytes[next].Weight : literalWeight));
            at = end;
        }

        tokens.Add((tokenizer.EndOfTurn, literalWeight));
        return tokens;
    }
}
