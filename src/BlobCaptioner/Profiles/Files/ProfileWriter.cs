using System.Text.Json;

namespace BlobCaptioner.Profiles.Files;

/// <summary>Writes profiles as files that <see cref="ProfileReader"/> reads to the same profile.</summary>
public static class ProfileWriter
{
    /// <summary>Indented JSON. An instruction that is composed is left out, so that it follows the fields when they are edited.</summary>
    public static string Write(Profile profile)
    {
        return JsonSerializer.Serialize(
            new ProfileDocument
            {
                Name = profile.Name,
                Comment = Text(profile.Comment),
                System = profile.HasInstruction ? Text(profile.System) : null,
                Instruction = profile.HasInstruction ? profile.Instruction : null,
                Tone = Text(profile.Tone),
                Audience = Text(profile.Audience),
                Use = Some(profile.Use),
                Avoid = Some(profile.Avoid),
                Languages = [.. profile.Languages.Select(Language)],
                Fields = [.. profile.Fields.Select(Field)],
                ConfidenceThreshold = profile.ConfidenceThreshold,
                Grouping = profile.Grouping,
                ImageTokenBudget = profile.ImageTokenBudget,
                Sampling = new()
                {
                    Temperature = profile.Sampling.Temperature,
                    TopP = profile.Sampling.TopP,
                    TopK = profile.Sampling.TopK,
                    PresencePenalty = profile.Sampling.PresencePenalty,
                    Seed = profile.Sampling.Seed,
                },
            },
            ProfileJson.Sparse);
    }

    private static string? Text(string text) => text.Length > 0 ? text : null;

    private static IReadOnlyList<string>? Some(IReadOnlyList<string> items) => items.Count > 0 ? items : null;

    private static JsonElement Language(ProfileLanguage language) => language.Fields is null
        ? JsonSerializer.SerializeToElement(language.Tag, ProfileJson.Default.String)
        : JsonSerializer.SerializeToElement(new LanguageDocument { Tag = language.Tag, Fields = language.Fields }, ProfileJson.Default.LanguageDocument);

    private static FieldDocument Field(ProfileField field)
    {
        var isText = field.Kind is FieldKind.Text or FieldKind.TextList;
        return new()
        {
            Name = field.Name,
            Kind = field.Kind,
            Attribute = field.IsAttribute == !isText ? null : field.IsAttribute,
            Instruction = Text(field.Instruction),
            Comment = Text(field.Comment),
            MaxCharacters = isText ? field.MaxCharacters : null,
            AdvisedCharacters = isText ? field.AdvisedCharacters : null,
            MinItems = field.IsList ? field.MinItems : null,
            MaxItems = field.IsList ? field.MaxItems : null,
            Values = field.Values.Count > 0 ? JsonSerializer.SerializeToElement(field.Values, ProfileJson.Default.IReadOnlyListString) : null,
            Evidence = field.IsAttribute ? field.Evidence : null,
            AllowUnknown = field.AllowUnknown ? null : false,
            PerView = field.PerView ? true : null,
        };
    }
}
