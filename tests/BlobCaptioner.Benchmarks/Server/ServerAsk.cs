using System.Text.Json.Nodes;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;
using BlobCaptioner.Remote;

namespace BlobCaptioner.Benchmarks.Server;

/// <summary>How the server is held to an answer's length and shape.</summary>
internal enum ServerMode
{
    /// <summary>The profile's own JSON schema with its limits: for a model that writes words.</summary>
    Real,

    /// <summary>JSON with one string of ASCII letters, cut at the number of tokens: for a model whose words are noise.</summary>
    Schema,

    /// <summary>Anything, cut at the number of tokens: the server's best case.</summary>
    Free,
}

/// <summary>Makes the requests: the same prompt, picture and sampling as the engine's.</summary>
internal static class ServerAsk
{
    private const string AsciiSchema =
        """{"type":"object","properties":{"caption":{"type":"string","pattern":"^[a-zA-Z ,.=-]*$"}},"required":["caption"],"additionalProperties":false}""";

    /// <summary>A request.</summary>
    /// <param name="profile">Prompt and sampling.</param>
    /// <param name="mode">How it is held.</param>
    /// <param name="tokens">Most tokens.</param>
    public static Func<PreparedImage, JsonNode> Create(Profile profile, ServerMode mode, int tokens)
    {
        var schema = mode == ServerMode.Real ? CaptionSchema.Create(profile, ProductFacts.None, withLimits: true).Json.ToString() : AsciiSchema;
        return picture =>
        {
            var body = new JsonObject
            {
                ["messages"] = new JsonArray(
                    new JsonObject { ["role"] = "system", ["content"] = profile.System },
                    new JsonObject
                    {
                        ["role"] = "user",
                        ["content"] = new JsonArray(
                            new JsonObject { ["type"] = "text", ["text"] = profile.Instruction },
                            new JsonObject
                            {
                                ["type"] = "image_url",
                                ["image_url"] = new JsonObject { ["url"] = "data:image/jpeg;base64," + Convert.ToBase64String(picture.Jpeg.Span) },
                            }),
                    }),
                ["max_tokens"] = tokens,
                ["temperature"] = profile.Sampling.Temperature,
                ["top_p"] = profile.Sampling.TopP,
                ["top_k"] = profile.Sampling.TopK,
                ["presence_penalty"] = profile.Sampling.PresencePenalty,
                ["seed"] = 1,
                ["cache_prompt"] = true,
            };
            if (mode == ServerMode.Free)
            {
                body["ignore_eos"] = true;
            }
            else
            {
                body["response_format"] = new JsonObject
                {
                    ["type"] = "json_schema",
                    ["json_schema"] = new JsonObject { ["name"] = "caption", ["strict"] = true, ["schema"] = JsonNode.Parse(schema) },
                };
            }

            return body;
        };
    }
}
