using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference;

/// <summary>How many KV cache cells a profile needs in the context that all slots share.</summary>
public static class ContextSize
{
    // A prompt with instruction, facts and chat markup, and the keys and quotes of an answer.
    private const int PromptTokens = 1_024;
    private const int FieldTokens = 16;
    private const int ChoiceTokens = 16;

    /// <summary>
    /// Cells for the largest picture and an answer of the advised lengths, in all languages, in every slot, and for every prompt prefix. Longer answers find room where others are
    /// shorter; where they don't, the youngest picture starts over.
    /// </summary>
    /// <param name="profile">The largest profile in use.</param>
    /// <param name="batching">Slots and prefixes.</param>
    public static int For(Profile profile, BatcherOptions batching)
    {
        var attributes = profile.Fields.Where(f => f.IsAttribute).Sum(Tokens);
        var copy = profile.Languages.Sum(l => profile.CopyFields(l).Sum(Tokens));
        var views = profile.Grouping == ProfileGrouping.None ? 1 : CaptionRequest.MaxImages;

        // Languages of one picture take the sequences of others, so that a sequence never needs more than its share of the copy.
        return (batching.Slots * ((views * profile.ImageTokenBudget) + FieldTokens + attributes + copy)) + (batching.Prefixes * PromptTokens);
    }

    /// <summary>Tokens that a text is reserved: one for each character of a short one, half as many beyond, where words take a token each.</summary>
    internal static int TextTokens(int characters) => Math.Min(characters, 200) + (Math.Max(0, characters - 200) / 2) + 16;

    private static int Tokens(ProfileField field) => FieldTokens + field.Kind switch
    {
        FieldKind.Text or FieldKind.Number => TextTokens(field.AdvisedCharacters ?? field.MaxCharacters),
        FieldKind.TextList => field.MaxItems * TextTokens(field.AdvisedCharacters ?? field.MaxCharacters),
        FieldKind.Choices => field.MaxItems * ChoiceTokens,
        _ => ChoiceTokens,
    };
}
