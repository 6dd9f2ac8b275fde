using System.Text.Json;
using System.Text.RegularExpressions;
using BlobCaptioner.Text;

namespace BlobCaptioner.Profiles.Files;

/// <summary>
/// A profile file or a <c>_captioner.json</c> that has passed the schema. <see cref="Merge"/> makes a profile of it; <see cref="TryMerge"/> keeps what it makes, so that all
/// pictures of a folder share one instance.
/// </summary>
internal sealed partial class ProfileFile
{
    // Base profiles that one process has in use at once: those that jobs name, and the container's own.
    private const int MostMerged = 64;

    private readonly ProfileDocument _document;
    private readonly string _fileName;
    private readonly Dictionary<object, (Profile? Profile, IReadOnlyList<string> Problems)> _merged = new(ReferenceEqualityComparer.Instance);

    private ProfileFile(ProfileDocument document, string fileName) => (_document, _fileName) = (document, fileName);

    /// <summary>The profile that it starts from by name; null for none.</summary>
    public string? BaseName => _document.Profile ?? _document.Extends;

    /// <summary>True for a complete profile: it has a name and starts from no other.</summary>
    public bool IsComplete => BaseName is null && _document.Name is not null;

    /// <summary>JSON path of <see cref="BaseName"/>.</summary>
    public string BasePath => _document.Profile is null ? "$.extends" : "$.profile";

    private string Stem => Path.GetFileNameWithoutExtension(_fileName);

    /// <summary>Reads a file.</summary>
    /// <param name="json">UTF-8; comments and trailing commas are accepted.</param>
    /// <param name="fileName">Named in errors.</param>
    /// <exception cref="ProfileException">It is not valid JSON, or breaks the schema.</exception>
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
            throw new ProfileException($"{fileName}: is not valid JSON: {error.Message}", error);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            throw new ProfileException($"{fileName}: is not valid JSON: a text holds half of a surrogate pair. Write the character itself.", error);
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

    /// <summary>Merges it into a profile, once for each profile.</summary>
    /// <returns>The profile, or null and all problems.</returns>
    public (Profile? Profile, IReadOnlyList<string> Problems) TryMerge(Profile basis)
    {
        object key = IsComplete ? this : basis;
        lock (_merged)
        {
            if (_merged.TryGetValue(key, out var known))
            {
                return known;
            }

            if (_merged.Count == MostMerged)
            {
                _merged.Clear();
            }

            try
            {
                return _merged[key] = (Merge(basis), []);
            }
            catch (ProfileException error)
            {
                return _merged[key] = (null, error.Problems);
            }
            catch (Exception error)
            {
                return _merged[key] = (null, [$"{_fileName}: can't be used: {error.GetType().Name}: {error.Message}"]);
            }
        }
    }

    /// <summary>Merges it into a profile.</summary>
    /// <param name="basis">The profile that it changes. A complete profile ignores it.</param>
    /// <exception cref="ProfileException">The outcome can't be used; all problems are named.</exception>
    public Profile Merge(Profile? basis)
    {
        basis = IsComplete ? null : basis;
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
        var fields = new FieldMerge(new ValueTree(_document.Vocabularies, Problem), Problem);
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
            Grouping = _document.Grouping ?? start.Grouping,
            ImageTokenBudget = _document.ImageTokenBudget ?? start.ImageTokenBudget,
            Sampling = Sampling(start.Sampling),
        };

        // Set only where the file sets them: composed texts must stay composed.
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
                // NJsonSchema applies an object's required properties to strings too, so the schema can't require it.
                problem($"$.languages[{i}].tag", "'tag' is missing; give it");
            }
            else if (LanguageNames.Normalize(tag) is not { } normal)
            {
                problem($"$.languages[{i}]", $"'{(tag.Length <= 60 ? tag : tag[..60])}' is not a BCP 47 language tag; write it like de, pt-BR or zh-Hans");
            }
            else
            {
                read.Add(new(normal, isObject && languages[i].TryGetProperty("fields", out var names) ? [.. names.EnumerateArray().Select(n => n.GetString()!)] : null));
            }
        }

        return read;
    }

    private SamplingOptions Sampling(SamplingOptions start) => _document.Sampling is not { } given ? start : start with
    {
        Temperature = given.Temperature ?? start.Temperature,
        TopP = given.TopP ?? start.TopP,
        TopK = given.TopK ?? start.TopK,
        PresencePenalty = given.PresencePenalty ?? start.PresencePenalty,
        Seed = given.Seed ?? start.Seed,
    };

    /// <summary>Matches names that a profile may have.</summary>
    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,63}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    internal static partial Regex ProfileName();
}
