using System.Text;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.SampleModel.Listings;
using BlobCaptioner.SampleModel.Scope;
using BlobCaptioner.SampleModel.Tokens;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>
/// An answer as <see cref="DecodingPlan"/> has it written, with what of it the model decides: the values, and after texts and list items what comes next. The rest is literal text that is
/// appended and weighs nothing.
/// </summary>
internal sealed class AnswerText
{
    // A dozen tokens say what the picture shows, eighty repeat it in words.
    private const float AttributeWeight = 3;
    private const float CopyWeight = 1;

    private readonly StringBuilder _text = new();
    private readonly List<(int Start, int End, float Weight)> _decisions = [];
    private bool _isFirst = true;

    private AnswerText()
    {
    }

    /// <summary>Ids of the answer, with what each weighs in training.</summary>
    public required IReadOnlyList<(int Token, float Weight)> Tokens { get; init; }

    /// <summary>Composes a task's answer; with several languages in the profile, attributes and then the task's language.</summary>
    /// <param name="task">What to write.</param>
    /// <param name="label">What the picture shows.</param>
    /// <param name="facts">What the catalogue says.</param>
    /// <param name="tokenizer">Makes tokens of it.</param>
    public static AnswerText Compose(CaptionTask task, PictureLabel label, ProductFacts facts, BpeTokenizer tokenizer)
    {
        var (profile, language) = (task.Profile, task.Language);
        var answer = new AnswerText { Tokens = [] };
        if (task.Question is { } question)
        {
            answer.Open(QuestionProfile.Answer);
            answer.Add([question.Answer(label)], isList: false, CopyWeight, endIsDecided: true);
            answer._text.Append('}');
            return new AnswerText { Tokens = answer.Encode(tokenizer, task.LiteralWeight) };
        }

        foreach (var field in profile.Fields.Where(f => f.IsAttribute))
        {
            answer.AddAttribute(field, label, facts);
        }

        if (profile.Languages.Count > 1)
        {
            answer._text.Append(answer._isFirst ? "{" : ",").Append($"\"{DecodingPlan.Escape(language.Tag)}\":");
            answer._isFirst = true;
        }

        foreach (var field in profile.CopyFields(language))
        {
            var values = ListingWriter.Write(field, language.Tag, label);
            answer.Open(field.Name);
            answer.Add(values, field.Kind is FieldKind.TextList or FieldKind.Choices, CopyWeight, endIsDecided: true);
        }

        answer._text.Append('}');
        return new AnswerText { Tokens = answer.Encode(tokenizer, task.LiteralWeight) };
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
            // nothing is printed on drawn products
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
        var text = _text.ToString();
        // decisions in bytes: tokens don't end where characters do
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
