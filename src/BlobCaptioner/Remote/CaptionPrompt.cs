using System.Buffers.Binary;
using System.Security.Cryptography;
using BlobCaptioner.Captioning;
using Microsoft.Extensions.AI;
using OpenAI.Chat;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatResponseFormat = Microsoft.Extensions.AI.ChatResponseFormat;

namespace BlobCaptioner.Remote;

/// <summary>What one picture's requests say. The picture's name is not in it: shops' file names are no facts, and models believe them.</summary>
internal sealed class CaptionPrompt
{
    private const string SchemaName = "caption";
    private const int MostQuoted = 2000;

    private readonly CaptionSchema _schema;
    private readonly RemoteModelOptions _options;
    private readonly int _seed;

    public CaptionPrompt(CaptionSchema schema, PreparedImage image, RemoteModelOptions options)
    {
        (_schema, _options) = (schema, options);
        var profile = schema.Profile;
        var hash = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(image.Jpeg.Span));
        _seed = (int)((profile.Sampling.Seed ^ hash) & int.MaxValue);

        // text before the picture, as in process: servers that cache prompt prefixes share it between all pictures
        var user = new ChatMessage(ChatRole.User, [new TextContent(profile.Instruction), new DataContent(image.Jpeg, "image/jpeg")]);
        Messages = profile.System.Length > 0 ? [new(ChatRole.System, profile.System), user] : [user];
    }

    /// <summary>The first request's messages.</summary>
    public IList<ChatMessage> Messages { get; }

    /// <summary>The messages that ask again, with the answer and what was wrong with it.</summary>
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
                + $"{string.Join(", ", _schema.Profile.Fields.Select(f => f.Name))}, and with nothing before or after it."),
        ];
    }

    /// <summary>Limits, sampling and the schema.</summary>
    /// <param name="repair">True for the second request: it draws other random numbers.</param>
    public ChatOptions Options(bool repair)
    {
        var sampling = _options.SendSampling ? _schema.Profile.Sampling : null;
        return new()
        {
            ModelId = _options.Model,
            MaxOutputTokens = _schema.MaxOutputTokens + _options.ExtraOutputTokens,
            Temperature = sampling?.Temperature,
            TopP = sampling?.TopP,
            Seed = sampling is null ? null : _seed ^ (repair ? 1 : 0),
            ResponseFormat = ChatResponseFormat.ForJsonSchema(_schema.Element, SchemaName),
            RawRepresentationFactory = _ => Raw(),
        };
    }

    // The adapter would move maxLength into a description when a schema is strict, and knows nothing of log probabilities.
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
