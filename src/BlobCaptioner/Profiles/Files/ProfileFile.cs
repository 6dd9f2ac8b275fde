using System.Text.Json;
using System.Text.RegularExpressions;
using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles.Files;

/// <summary>A profile file or a <c>_captioner.json</c> that has passed the schema, not yet put onto what it starts from.</summary>
internal sealed partial class ProfileFile
{
    private readonly ProfileDocument _document;
    private readonly string _fileName;

    private ProfileFile(ProfileDocument document, string fileName) => (_document, _fileName) = (document, fileName);

    /// <summary>The profile that it names as the one it starts from; null for none.</summary>
    public string? BaseName => _document.Profile ?? _document.Extends;

    /// <summary>True for a complete profile: it has a name and starts from no other.</summary>
    public bool IsComplete => BaseName is null && _document.Name is not null;

    /// <summary>Where <see cref="BaseName"/> stands.</summary>
    public string BasePath => _document.Profile is null ? "$.extends" : "$.profile";

    private string Stem => Path.GetFileNameWithoutExtension(_fileName);

    /// <summary>Reads a file.</summary>
    /// <param name="json">UTF-8; comments and trailing commas are taken.</param>
    /// <param name="fileName">Named in errors.</param>
    /// <exception cref="ProfileException">It is no JSON or not what the schema wants.</exception>
    public static ProfileFile Parse(ReadOnlyMemory<byte> json, string fileName)
    {
        if (json.Length > ProfileReader.MaxBytes)
        {
            throw new ProfileException($"{fileName}: has {json.Length:N0} bytes; the most is {ProfileReader.MaxBytes:N0}. Shorten its lists.");
        }

        string strict;
        try
        {
            var content = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
            using var parsed = JsonDocument.Parse(
                content, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false, MaxDepth = 32 });
            strict = JsonSerializer.Serialize(parsed.RootElement, ProfileJson.Default.JsonElement);
        }
        catch (JsonException error)
        {
            throw new ProfileException($"{fileName}: is no JSON: {error.Message}", error);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            throw new ProfileException($"{fileName}: is no JSON: a text holds half of a surrogate pair. Write the character itself.", error);
        }

        var problems = ProfileSchema.Validate(strict, fileName);
        if (problems.Count > 0)
        {
            throw new ProfileException(problems);
        }

        try
        {
            var document = JsonSerializer.Deserialize(strict, ProfileJson.Default.ProfileDocument)!;
            return document is { Profile: not null, Extends: not null }
                ? throw new ProfileException($"{fileName}: $.extends: exclude each other, 'extends' and 'profile'; remove one")
                : new(document, fileName);
        }
        catch (JsonException error)
        {
            throw new ProfileException($"{fileName}: {error.Path}: {error.Message}", error);
        }
    }

    /// <summary>The profile that it makes.</summary>
    /// <param name="basis">What it changes; null for a complete profile.</param>
    /// <exception cref="ProfileException">The outcome is no usable profile; all that is wrong is named.</exception>
    public Profile Apply(Profile? basis)
    {
        var problems = new List<string>();
        void Problem(string path, string what) => problems.Add($"{_fileName}: {path}: {what}");
        var name = _document.Name ?? (ProfileName().IsMatch(Stem) ? Stem : basis?.Name);
        if (name is null)
        {
            Problem("$", "'name' is missing; give it, or name a profile to start from with 'extends'");
        }

        if (basis is null && _document.Fields is null)
        {
            Problem("$", "'fields' is missing; give it, or name a profile to start from with 'extends'");
        }

        var start = basis ?? new() { Name = "", Fields = [] };
        var fields = new FieldMerge(new ValueTree(Vocabularies(), Problem), Problem);
        var profile = start with
        {
            Name = name ?? "",
            Comment = _document.Comment ?? start.Comment,
            Languages = _document.Languages is { } languages ? Languages(languages, Problem) : start.Languages,
            Tone = _document.Tone ?? start.Tone,
            Audience = _document.Audience ?? start.Audience,
            Use = _document.Use ?? start.Use,
            Avoid = _document.Avoid ?? start.Avoid,
            Fields = fields.Merge(start.Fields, _document.Fields ?? []),
            ConfidenceThreshold = _document.ConfidenceThreshold ?? start.ConfidenceThreshold,
            Grouping = _document.Grouping is { } grouping ? FieldWords.Groupings[grouping] : start.Grouping,
            ImageTokenBudget = _document.ImageTokenBudget ?? start.ImageTokenBudget,
            Sampling = Sampling(start.Sampling),
        };

        // set only where the file says something: what is composed must stay so
        profile = _document.System is { } system ? profile with { System = system } : profile;
        profile = _document.Instruction is { } instruction ? profile with { Instruction = instruction } : profile;
        if (problems.Count == 0)
        {
            ProfileChecks.Check(profile, _document, Problem);
        }

        return problems.Count == 0 ? profile : throw new ProfileException(problems);
    }

    private static List<ProfileLanguage> Languages(IReadOnlyList<JsonElement> languages, Action<string, string> problem)
    {
        var read = new List<ProfileLanguage>();
        for (var i = 0; i < languages.Count; i++)
        {
            var isObject = languages[i].ValueKind == JsonValueKind.Object;
            var tag = !isObject ? languages[i].GetString()! : languages[i].TryGetProperty("tag", out var given) ? given.GetString()! : null;
            if (tag is null)
            {
                // NJsonSchema asks texts for an object's required properties, so that the schema can't say it
                problem($"$.languages[{i}].tag", "'tag' is missing; give it");
                continue;
            }

            if (LanguageNames.Normalize(tag) is not { } normal)
            {
                problem($"$.languages[{i}]", $"'{(tag.Length <= 60 ? tag : tag[..60])}' is no BCP 47 language tag; write it like de, pt-BR or zh-Hans");
                continue;
            }

            read.Add(new(normal, isObject && languages[i].TryGetProperty("fields", out var names) ? [.. names.EnumerateArray().Select(n => n.GetString()!)] : null));
        }

        return read;
    }

    private Dictionary<string, JsonElement> Vocabularies()
    {
        var all = new Dictionary<string, JsonElement>(BuiltInVocabularies.All, StringComparer.Ordinal);
        foreach (var (name, values) in _document.Vocabularies ?? new Dictionary<string, JsonElement>(StringComparer.Ordinal))
        {
            all[name] = values;
        }

        return all;
    }

    private SamplingOptions Sampling(SamplingOptions start) => _document.Sampling is not { } given ? start : start with
    {
        Temperature = given.Temperature ?? start.Temperature,
        TopP = given.TopP ?? start.TopP,
        TopK = given.TopK ?? start.TopK,
        PresencePenalty = given.PresencePenalty ?? start.PresencePenalty,
        Seed = given.Seed ?? start.Seed,
    };

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,63}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    internal static partial Regex ProfileName();
}
