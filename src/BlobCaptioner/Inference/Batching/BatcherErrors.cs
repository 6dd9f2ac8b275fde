using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The errors of the batching engine, in the words of those who read caption records.</summary>
internal static class BatcherErrors
{
    public static CaptionException ContextTooSmall(PictureWork work, int cells, int limit) => new(
        "context-too-small",
        $"'{work.Request.Name}' needs {cells} tokens of context ({work.Encoded!.Sum(i => i.TokenCount)} for {(work.Encoded!.Count == 1 ? "the picture" : $"{work.Encoded!.Count} pictures")}, {work.Request.Plan.ExpectedAnswerTokens} for the answer); the context holds {limit}.",
        $"Raise the context to {cells} tokens or more, or lower the profile's image token budget or its fields' limits.",
        retry: false);

    public static CaptionException Outgrown(PictureWork work, int limit) => new(
        "context-too-small",
        $"The answer for '{work.Request.Name}' outgrew the context of {limit} tokens, with no other picture in it.",
        $"Raise the context, to {2 * limit} tokens for instance, or lower the profile's image token budget, its fields' limits or its languages.",
        retry: false);

    public static CaptionException NotEncodable(PictureWork work, int image, Exception error) => new(
        "encode-failed",
        $"The vision model could not read '{work.Request.Name}' ({(work.Request.Images.Count == 1 ? "" : $"picture {image + 1} of {work.Request.Images.Count}, ")}{work.Request.Images[image].Width} x {work.Request.Images[image].Height} px): {error.Message}",
        "Check that the picture opens in a viewer; if it does, run `captioner doctor`.",
        retry: true,
        error);

    public static CaptionException DecoderFailed(PictureWork work, Exception error) => new(
        "decoder-failed",
        $"The model failed while it described '{work.Request.Name}': {error.Message}",
        "It is tried again. If it happens often, run `captioner doctor` and lower --slots.",
        retry: true,
        error);

    public static CaptionException Dead(Exception error) => new(
        "decoder-dead",
        $"The model can't be used any more: {error.Message}",
        "Restart the worker; run `captioner doctor` if it happens again.",
        retry: true,
        error);

    public static CaptionException Internal(PictureWork work, Exception error) => new(
        "internal",
        $"Describing '{work.Request.Name}' met an error of the captioner's own: {error.Message}",
        "Please report it with the log; the picture is tried again.",
        retry: true,
        error);

    public static CaptionException Stopping() => new(
        "stopping",
        "The worker stopped before the picture was described.",
        "Nothing: it is tried again by the next worker.",
        retry: true);
}
