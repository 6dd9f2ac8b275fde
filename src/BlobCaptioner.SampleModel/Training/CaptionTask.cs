using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Listings;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>A profile in one of its languages, with the prompt that the engine makes of it.</summary>
internal sealed class CaptionTask
{
    // A second wording of the sample profile's instruction.
    private const string FreeInstruction = "Describe this product as JSON.";
    private const float FreeWeight = 0.3f;

    /// <summary>Creates a task.</summary>
    /// <param name="profile">The fields to write.</param>
    /// <param name="language">One of the profile's languages.</param>
    /// <param name="weight">The task's share of the training steps, in relation to the other tasks.</param>
    public CaptionTask(Profile profile, ProfileLanguage language, double weight)
    {
        (Profile, Language, Weight) = (profile, language, weight);
        Before = Chat(profile.System, profile.Instruction).Before + "<|vision_start|>";
    }

    /// <summary>The fields to write.</summary>
    public Profile Profile { get; }

    /// <summary>The language of the copy.</summary>
    public ProfileLanguage Language { get; }

    /// <summary>The task's share of the training steps, in relation to the other tasks.</summary>
    public double Weight { get; }

    /// <summary>The question of a free question; null for a profile's fields.</summary>
    public Question? Question { get; init; }

    /// <summary>Weight of literals in the loss. It is above 0 where the model must also write a whole answer without a plan.</summary>
    public float LiteralWeight { get; init; }

    /// <summary>The prompt up to the picture.</summary>
    public string Before { get; }

    /// <summary>The prompt from the picture to the answer.</summary>
    public string After(ProductFacts facts) =>
        $"<|vision_end|>{FactsText.Of(facts, Profile.Fields.Where(IsVisible).Select(f => f.Name))}{Chat("", "").After}";

    /// <summary>Qwen's chat markup ("ChatML") around a user's text.</summary>
    /// <param name="system">The system text; without it there is no system turn.</param>
    /// <param name="user">The user's text.</param>
    public static ChatFrame Chat(string system, string user) => new(
        (system.Length > 0 ? $"<|im_start|>system\n{system}<|im_end|>\n" : "") + $"<|im_start|>user\n{user}",
        "<|im_end|>\n<|im_start|>assistant\n");

    /// <summary>All tasks: the built-in profiles in English, German and Chinese, the default profile also in all three at once, and the questions.</summary>
    public static IReadOnlyList<CaptionTask> All()
    {
        ProfileLanguage[] languages = [new("en"), new("de"), new("zh")];
        var tasks = new List<CaptionTask>();
        foreach (var profile in BuiltInProfiles.All)
        {
            if (profile.Name == BuiltInProfiles.Sample.Name)
            {
                tasks.Add(new CaptionTask(profile, profile.Languages[0], 4) { LiteralWeight = FreeWeight });
                tasks.Add(new CaptionTask(profile with { Instruction = FreeInstruction }, profile.Languages[0], 1) { LiteralWeight = FreeWeight });
                continue;
            }

            var isDefault = profile.Name == BuiltInProfiles.Default.Name;
            tasks.AddRange(languages.Select(language => new CaptionTask(profile with { Languages = [language] }, language, isDefault ? 3 : 0.7)));
            if (isDefault)
            {
                var all = profile with { Languages = languages };
                tasks.AddRange(languages.Select(language => new CaptionTask(all, language, 1)));
            }
        }

        tasks.AddRange(Question.All.Select(q => new CaptionTask(QuestionProfile.Create(q.Text), new(q.Language), 0.12) { Question = q }));
        return tasks;
    }

    /// <summary>The texts that the tokens are learned from: all prompts and answers. Prompts weigh more, since there are few of them and each is long.</summary>
    public static IEnumerable<(string Text, long Weight)> Corpus() =>
    [
        .. All().Select(t => (t.Before + t.After(ProductFacts.None) + string.Concat(t.Profile.Fields.SelectMany(f => f.Values).Select(v => $"\":\"{DecodingPlan.Escape(v)}\",\"")), 20L)),
        .. ListingCorpus.All().Select(t => ($"\":\"{DecodingPlan.Escape(t)}\",\"", 1L)),
    ];

    // as PlanField.IsVisible
    private static bool IsVisible(ProfileField field) =>
        field.IsAttribute && field.Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo && field.Evidence.Contains(Evidence.Seen);
}
