using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Inference.Sampling;
using BlobCaptioner.Profiles;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat;

namespace BlobCaptioner.Remote;

/// <summary>The messages and options of one picture's requests. The picture's name is not in them: file names are often wrong, and models believe them.</summary>
internal sealed class CaptionPrompt
{
    private const string SchemaName = "caption";
    private const int MostQuoted = 2000;

    private readonly CaptionSchema _schema;
    private readonly RemoteModelOptions _options;
    private readonly int _seed;

    public CaptionPrompt(CaptionSchema schema, CaptionRequest request, RemoteModelOptions options)
    {
        (_schema, _options) = (schema, options);
        var profile = schema.Profile;
        _seed = (int)(request.Seed & int.MaxValue);

        // The text comes before the pictures, as in process, so that servers that cache prompt prefixes share it between all pictures.
        List<AIContent> parts = [new TextContent(profile.Instruction), .. request.Images.Select(i => new DataContent(i.Jpeg, "image/jpeg"))];
        if (Closing(schema) is { Length: > 0 } closing)
        {
            parts.Add(new TextContent(closing));
        }

        var user = new ChatMessage(ChatRole.User, parts);
        Messages = profile.System.Length > 0 ? [new(ChatRole.System, profile.System), user] : [user];
    }

    /// <summary>The first request's messages.</summary>
    public IList<ChatMessage> Messages { get; }

    /// <summary>The messages that ask again, with the answer and what was wrong with it.</summary>
    /// <param name="answer">The first answer.</param>
    /// <param name="problem">Its faults, in sentences.</param>
    public IList<ChatMessage> Repair(string answer, string problem)
    {
        var quoted = answer.Trim();
        quoted = quoted.Length <= MostQuoted ? quoted : quoted[..MostQuoted];
        return
        [
            .. Messages,
            new(ChatRole.Assistant, quoted.Length > 0 ? quoted : "{}"),
            new(
                ChatRole.User,
                $"That answer can't be used. {problem} Answer again with one JSON object that has exactly the keys "
                + $"{string.Join(", ", _schema.Keys)}, and with nothing before or after it."),
        ];
    }

    /// <summary>Limits, sampling and the schema.</summary>
    /// <param name="repair">True for the second request: it gets another seed.</param>
    /// <param name="hotter">True where the first answer's texts were at fault: the second is sampled at a higher temperature.</param>
    public ChatOptions Options(bool repair, bool hotter = false)
    {
        var sampling = _options.SendSampling ? _schema.Profile.Sampling : null;
        return new()
        {
            ModelId = _options.Model,
            MaxOutputTokens = _schema.MaxOutputTokens + _options.ExtraOutputTokens,
            Temperature = hotter && sampling is not null ? AnswerSampling.RetryTemperature(sampling) : sampling?.Temperature,
            TopP = sampling?.TopP,
            Seed = sampling is null ? null : _seed ^ (repair ? 1 : 0),
            ResponseFormat = ChatResponseFormat.ForJsonSchema(_schema.Element, SchemaName),
            RawRepresentationFactory = _ => Raw(),
        };
    }

    /// <summary>The text after the pictures: facts, and the answer's shape where it is more than the schema's plain keys.</summary>
    private static string Closing(CaptionSchema schema)
    {
        // Supplied values that are asked nevertheless are left out, so that the model gives its own view.
        var facts = Facts(schema.Facts, schema.Sections.SelectMany(s => s.Asked).Where(f => f.Supplied is not null).Select(f => f.Key));
        var isPlain = schema.Sections.Count == 1 && schema.Sections[0].Asked.All(f => f.EvidenceOptions.Count == 0) && facts.Length == 0;
        return isPlain ? "" : $"{facts}{(facts.Length > 0 ? "\n\n" : "")}Answer with one JSON object of this shape: {Shape(schema)}";
    }

    /// <summary>
    /// The catalogue's facts. In process, facts are tokenized without special tokens. A server tokenizes a whole conversation and may take <c>&lt;|im_end|&gt;</c> or
    /// <c>[/INST]</c> inside it for the end of a turn, so brackets are replaced by others that no chat template uses.
    /// </summary>
    private static string Facts(ProductFacts facts, IEnumerable<string> without)
    {
        var text = new StringBuilder(FactsText.Of(facts, without).TrimStart('\n'));
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = text[i] switch
            {
                '<' => '‹',

                // Between spaces it is part of a category's path.
                '>' when i == 0 || !char.IsWhiteSpace(text[i - 1]) => '›',
                '[' => '(',
                ']' => ')',
                var other => other,
            };
        }

        return text.ToString();
    }

    private static string Shape(CaptionSchema schema)
    {
        var keys = schema.Sections.Where(s => s.Asked.Any()).Select(s => s.Key is { } key ? $"\"{key}\":{{{Inner(s)}}}" : Inner(s));
        return $"{{{string.Join(',', keys)}}}";

        static string Inner(AskedSection section) => string.Join(',', section.Asked.Select(f =>
            $"{(f.EvidenceOptions.Count > 0 ? $"\"{f.EvidenceKey}\":\"…\"," : "")}\"{f.Key}\":{(f.Field.IsList ? "[\"…\"]" : "\"…\"")}"));
    }

    // The adapter would move maxLength of a strict schema into a description, and has no option for log probabilities.
    private ChatCompletionOptions Raw()
    {
        var raw = new ChatCompletionOptions
        {
            ResponseFormat = OpenAI.Chat.ChatResponseFormat.CreateJsonSchemaFormat(SchemaName, _schema.Json, jsonSchemaIsStrict: true),
        };
        if (_options.TopLogprobs > 0)
        {
            raw.IncludeLogProbabilities = true;
            raw.TopLogProbabilityCount = _options.TopLogprobs;
        }

        return raw;
    }
}
