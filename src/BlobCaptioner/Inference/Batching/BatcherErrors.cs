using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference.Batching;

/// <summary>The errors of the batching engine. Readers of records see them.</summary>
internal static class BatcherErrors
{
    public static CaptionException ContextTooSmall(Picture picture, int limit)
    {
        var cells = picture.Plan.PrefixTokens.Count + picture.Cells;
        var pictures = picture.Encoded.Count == 1 ? "the picture" : $"{picture.Encoded.Count} pictures";
        return new(
            "context-too-small",
            $"'{picture.Name}' needs {cells} tokens of context ({picture.Encoded.Sum(i => i.TokenCount)} for {pictures}, {picture.Plan.ExpectedAnswerTokens} for the answer); the context holds {limit}.",
            $"Raise the context to {cells} tokens or more, or lower the profile's image token budget or its fields' limits.",
            retry: false);
    }

    public static CaptionException Outgrown(Picture picture, int limit) => new(
        "context-too-small",
        $"The answer for '{picture.Name}' outgrew the context of {limit} tokens, with no other picture in it.",
        $"Raise the context, to {2 * limit} tokens for instance, or lower the profile's image token budget, its fields' limits or its languages.",
        retry: false);

    public static CaptionException NotEncodable(Picture picture, int image, Exception error) => new(
        "encode-failed",
        $"The vision model could not read '{picture.Name}' ({(picture.Pixels.Count == 1 ? "" : $"picture {image + 1} of {picture.Pixels.Count}, ")}{picture.Pixels[image].Width} x {picture.Pixels[image].Height} px): {error.Message}",
        "Check that the picture opens in a viewer; if it does, run `captioner doctor`.",
        retry: true,
        error);

    public static CaptionException DecoderFailed(Picture picture, Exception error) => new(
        "decoder-failed",
        $"The model failed while it described '{picture.Name}': {error.Message}",
        "It is tried again. If it happens often, run `captioner doctor` and lower --slots.",
        retry: true,
        error);

    public static CaptionException Dead(Exception error) => new(
        "decoder-dead",
        $"The model can't be used any more: {error.Message}",
        "Restart the worker; run `captioner doctor` if it happens again.",
        retry: true,
        error);

    public static CaptionException Internal(Picture picture, Exception error) => new(
        "internal",
        $"Describing '{picture.Name}' failed by an internal error: {error.Message}",
        "Please report it with the log; the picture is tried again.",
        retry: true,
        error);
}
