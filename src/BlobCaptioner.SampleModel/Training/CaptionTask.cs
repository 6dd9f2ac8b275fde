using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Listings;
using BlobCaptioner.SampleModel.Tokens;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>A profile in one of its languages, as the engine asks for it: what stands before and after the picture.</summary>
internal sealed class CaptionTask
{
    // Another way to say what the sample profile says.
    private const string FreeInstruction = "Describe this product as JSON.";
    private const float FreeWeight = 0.3f;

    /// <param name="profile">What to write.</param>
    /// <param name="language">One of its languages.</param>
    /// <param name="weight">How often it is trained, in relation to the others.</param>
    public CaptionTask(Profile profile, ProfileLanguage language, double weight)
    {
        (Profile, Language, Weight) = (profile, language, weight);
        var system = profile.System.Length > 0 ? $"<|im_start|>system\n{profile.System}<|im_end|>\n" : "";
        Before = $"{system}<|im_start|>user\n{profile.Instruction}<|vision_start|>";
    }

    /// <summary>What to write.</summary>
    public Profile Profile { get; }

    /// <summary>In which language.</summary>
    public ProfileLanguage Language { get; }

    /// <summary>How often it is trained, in relation to the others.</summary>
    public double Weight { get; }

    /// <summary>Where it is a free question: the question.</summary>
    public Question? Question { get; init; }

    /// <summary>What literal text weighs in training: something where the model is also to write a whole answer by itself, without a plan.</summary>
    public float LiteralWeight { get; init; }

    /// <summary>The chat up to the picture.</summary>
    public string Before { get; }

    /// <summary>The chat from the picture to the answer.</summary>
    public string After(ProductFacts facts) =>
        $"<|vision_end|>{FactsText.Of(facts, Profile.Fields.Where(IsVisible).Select(f => f.Name))}<|im_end|>\n<|im_start|>assistant\n";

    /// <summary>All tasks: the built-in profiles, each in English, German and Chinese, the full listing also in all three at once; and questions.</summary>
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

    /// <summary>Words of all prompts and answers, for learning the tokens. Prompts are long and answers are many, so both are weighed in.</summary>
    public static IEnumerable<(string Text, long Weight)> Corpus() =>
    [
        .. All().Select(t => (t.Before + t.After(ProductFacts.None) + string.Concat(t.Profile.Fields.SelectMany(f => f.Values).Select(v => $"\":\"{DecodingPlan.Escape(v)}\",\"")), 20L)),
        .. ListingCorpus.All().Select(t => ($"\":\"{DecodingPlan.Escape(t)}\",\"", 1L)),
    ];

    // as PlanField.IsVisible
    private static bool IsVisible(ProfileField field) =>
        field.IsAttribute && field.Kind is FieldKind.Choice or FieldKind.Choices or FieldKind.YesNo && field.Evidence.Contains(Evidence.Seen);

    /// <summary>Its tokens before the picture.</summary>
    public List<int> EncodeBefore(BpeTokenizer tokenizer) => tokenizer.EncodeChat(Before);
}
