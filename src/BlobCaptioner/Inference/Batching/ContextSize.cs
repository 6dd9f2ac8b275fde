using System.Text;
using BlobCaptioner.Captioning;
using BlobCaptioner.Inference.Plans;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Inference.Batching;

/// <summary>How many KV cache cells a profile needs in the context that all slots share.</summary>
public static class ContextSize
{
    // A usual prompt with its chat markup; and bytes of a longer one for each further token, in any script.
    private const int PromptTokens = 512;
    private const int PromptBytesPerToken = 3;

    // The keys and quotes of an answer, the texts around a picture, and the facts of a product that has some.
    private const int ShapeTokens = 128;
    private const int FactTokens = 128;
    private const int MostFactTokens = 1_000;
    private const int ChoiceTokens = 16;

    /// <summary>
    /// Cells that keep every slot busy with texts of the advised lengths, and hold every prompt prefix. A slot writes one language at a time, so that more languages
    /// take no more than their longest: fewer pictures then have several slots each. Never less than one request takes whose texts run to their limits: with
    /// a <see cref="Profile.Grouping"/>, a product with all views, its facts, and all languages.
    /// </summary>
    /// <param name="profile">The largest profile in use.</param>
    /// <param name="batching">Slots and prefixes.</param>
    public static int For(Profile profile, BatcherOptions batching)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(batching);
        var views = profile.Grouping != ProfileGrouping.None ? CaptionRequest.MaxImages : 1;
        var attributes = ShapeTokens + profile.Fields.Where(f => f.IsAttribute).Sum(f => Tokens(f, Advised(f)));
        var languages = profile.Languages.Select(l => profile.CopyFields(l).Sum(f => Tokens(f, Advised(f)))).ToArray();
        var slot = profile.ImageTokenBudget + FactTokens + attributes + languages.Max();

        // A product comes once after its views, which come alone.
        var products = (views - 1) * profile.ImageTokenBudget * ((batching.Slots + CaptionRequest.MaxImages) / (CaptionRequest.MaxImages + 1));
        var longest = profile.Languages.Sum(l => profile.CopyFields(l).Sum(f => Tokens(f, f.MaxCharacters)));
        var whole = (views * profile.ImageTokenBudget) + MostFactTokens + attributes + longest;
        return Math.Max((batching.Slots * slot) + products, whole) + (batching.Prefixes * Prompt(profile));
    }

    private static int Prompt(Profile profile) =>
        PromptTokens + ((Encoding.UTF8.GetByteCount(profile.System) + Encoding.UTF8.GetByteCount(profile.Instruction)) / PromptBytesPerToken);

    private static int Advised(ProfileField field) => Math.Min(field.AdvisedCharacters ?? field.MaxCharacters, field.MaxCharacters);

    private static int Tokens(ProfileField field, int characters)
    {
        var text = PlanField.TextTokens(characters) + PlanField.TextOverhead;
        return field.Kind switch
        {
            FieldKind.Text => text + ChoiceTokens,
            FieldKind.TextList => (field.MaxItems * text) + ChoiceTokens,
            FieldKind.Choices => (field.MaxItems + 1) * ChoiceTokens,
            _ => 2 * ChoiceTokens,
        };
    }
}
