using BlobCaptioner.Validation;
using Microsoft.Extensions.Options;
using NetVips;

namespace BlobCaptioner.Images;

/// <summary>
/// Turns a dropped file into the image that the model sees: the first frame, upright, opaque, sRGB, scaled to a <see cref="PreparedShape"/>,
/// as a JPEG without metadata. Thread-safe; at most <see cref="ImageOptions.MaxConcurrency"/> images are prepared at once.
/// </summary>
public sealed class ImagePreparer : IImagePreparer, IDisposable
{
    /// <summary>Version of the preparation, a part of fingerprints: it changes whenever the pixels of prepared images do.</summary>
    public const string Version = "1";

    private const int FirstGuess = 256 * 1024;

    private readonly ImageOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turns;

    /// <summary>Creates a preparer and applies libvips' process-wide settings (one thread an image, no operation cache).</summary>
    /// <param name="options">Limits and looks. Do not change them afterwards.</param>
    /// <param name="time">Clock for <see cref="ImageOptions.Timeout"/>; null for the system's.</param>
    /// <exception cref="OptionsValidationException">An option is out of range; the message names it.</exception>
    public ImagePreparer(ImageOptions options, TimeProvider? time = null)
    {
        _options = new ImageOptionsValidator().Require(options);
        VipsSettings.Apply();
        _time = time ?? TimeProvider.System;
        _turns = new SemaphoreSlim(options.MaxConcurrency);
    }

    /// <summary>The options that change pixels, as short text for fingerprints: <c>bg=#ffffff;q=92</c>.</summary>
    public string OptionsKey => $"bg={_options.Background.ToLowerInvariant()};q={_options.JpegQuality}";

    /// <summary>Version and options of a preparation with this token budget, as short ASCII text: <c>1;bg=#ffffff;q=92;t=576</c>.</summary>
    public string Describe(int imageTokenBudget) => $"{Version};{OptionsKey};t={imageTokenBudget}";

    /// <summary>The options that decide which images are rejected, as short ASCII text. With another key, a rejected image may be accepted.</summary>
    public string LimitsKey => $"mb={_options.MaxMegabytes};mp={_options.MaxMegapixels};s={_options.Timeout.TotalSeconds:0.###}";

    /// <summary>Reads a file of at most <see cref="ImageOptions.MaxMegabytes"/> and prepares it.</summary>
    /// <param name="source">The file, read from its current position. It need not be seekable and stays open.</param>
    /// <param name="name">Name for messages: the blob's name or a path.</param>
    /// <param name="length">Bytes in the file; null where unknown. A file over the limit is rejected without reading.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Stops reading and decoding.</param>
    /// <returns>A prepared image, or a rejection: bad images never throw. Exceptions of <paramref name="source"/> pass through.</returns>
    public async Task<PreparationOutcome> PrepareAsync(
        Stream source, string name, long? length, int imageTokenBudget, CancellationToken cancellationToken)
    {
        if (length > _options.MaxBytes)
        {
            return Rejections.TooLarge(name, length, _options);
        }

        var file = await ReadAsync(source, length, _options.MaxBytes, cancellationToken);
        return file is { } bytes
            ? await PrepareAsync(bytes, name, imageTokenBudget, cancellationToken)
            : Rejections.TooLarge(name, length: null, _options);
    }

    /// <summary>Prepares a file that is in memory.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="name">Name for messages: the blob's name or a path.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>A prepared image, or a rejection: bad images never throw.</returns>
    public async Task<PreparationOutcome> PrepareAsync(
        ReadOnlyMemory<byte> file, string name, int imageTokenBudget, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(imageTokenBudget, PreparedShape.MinTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(imageTokenBudget, PreparedShape.MaxTokens);
        if (file.IsEmpty)
        {
            return Rejections.Empty(name);
        }

        if (file.Length > _options.MaxBytes)
        {
            return Rejections.TooLarge(name, file.Length, _options);
        }

        await _turns.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => PrepareWithin(file, name, imageTokenBudget, cancellationToken), cancellationToken);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>Releases the semaphore. Call it once no image is being prepared.</summary>
    public void Dispose() => _turns.Dispose();

    /// <summary>Reads a stream to its end; null where it has more bytes than <paramref name="limit"/>. Reads at most one byte more than that.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(Stream source, long? length, long limit, CancellationToken cancellationToken)
    {
        // One byte more than announced, so that the end is found without resizing.
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Clamp((length ?? FirstGuess) + 1, 1, limit + 1));
        var filled = 0;
        while (true)
        {
            var read = await source.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            filled += read;
            if (read == 0)
            {
                return buffer.AsMemory(0, filled);
            }

            if (filled > limit)
            {
                return null;
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(limit + 1, buffer.Length * 2L));
            }
        }
    }

    private PreparationOutcome PrepareWithin(ReadOnlyMemory<byte> file, string name, int tokenBudget, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.Timeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var format = FormatSniffer.Sniff(file.Span);
        try
        {
            return Prepare(file, format, name, tokenBudget, stop.Token);
        }
        catch (VipsException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (error is VipsException or OperationCanceledException && deadline.IsCancellationRequested)
        {
            return Rejections.Timeout(name, _options);
        }
        catch (Exception error) when (error is VipsException or InvalidDataException)
        {
            return FileEnding.IsMissing(format, file.Span)
                ? Rejections.Truncated(name, format, file.Length)
                : Rejections.Corrupt(name, format, Detail(error));
        }
    }

    private PreparationOutcome Prepare(ReadOnlyMemory<byte> file, SourceFormat format, string name, int tokenBudget, CancellationToken stop)
    {
        if (!SourceImage.Reads(format))
        {
            return Rejections.Unsupported(name, format);
        }

        if (format == SourceFormat.Gif && !GifFrames.Any(file.Span))
        {
            return Rejections.NoFrame(name);
        }

        using var image = new SourceImage(file, format);
        var (width, height) = (image.Width, image.Height);
        if ((long)width * height > _options.MaxMegapixels * 1_000_000L)
        {
            return Rejections.TooManyPixels(name, width, height, _options);
        }

        if (Math.Max(width, height) > (long)PreparedShape.MaxRatio * Math.Min(width, height))
        {
            return Rejections.ExtremeShape(name, width, height);
        }

        stop.ThrowIfCancellationRequested();
        var shape = PreparedShape.Fit(width, height, tokenBudget);
        return new PreparationOutcome.Prepared
        {
            Jpeg = Render(image, shape, stop),
            Width = shape.Width,
            Height = shape.Height,
            SourceFormat = format.ToString().ToLowerInvariant(),
            SourceWidth = width,
            SourceHeight = height,
        };
    }

    private byte[] Render(SourceImage image, PreparedShape shape, CancellationToken stop)
    {
        using var stored = image.Open(shape.ContentWidth, shape.ContentHeight, stop);

        // libvips checks the token only while it reports progress, from the decoder to the last operation. Null would switch that off.
        stored.SetProgress(new Progress<int>(), stop);

        // Scales with premultiplied alpha, converts through the embedded profile (or libvips' CMYK fallback) and rotates by EXIF. RGB without a
        // profile is sRGB by convention: converting it would give the same pixels in three times the time.
        var convert = stored.Contains("icc-profile-data") || stored.Interpretation == Enums.Interpretation.Cmyk;
        using var upright = stored.ThumbnailImage(
            shape.ContentWidth,
            height: shape.ContentHeight,
            size: Enums.Size.Force,
            outputProfile: convert ? "srgb" : null,
            failOn: Enums.FailOn.Error);
        using var rgb = upright.Colourspace(Enums.Interpretation.Srgb);
        using var opaque = rgb.HasAlpha() ? rgb.Flatten(background: _options.BackgroundRgb) : rgb.Copy();
        using var canvas = opaque.Width == shape.Width && opaque.Height == shape.Height
            ? opaque.Copy()
            : opaque.Gravity(
                Enums.CompassDirection.Centre, shape.Width, shape.Height, extend: Enums.Extend.Background, background: _options.BackgroundRgb);
        return canvas.JpegsaveBuffer(
            q: _options.JpegQuality, subsampleMode: Enums.ForeignSubsample.Off, keep: Enums.ForeignKeep.None);
    }

    /// <summary>libvips' message on one line, without the text that NetVips adds.</summary>
    private static string Detail(Exception error)
    {
        var lines = error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length > 1 ? lines[1].TrimEnd('.') : lines.FirstOrDefault("no reason given").TrimEnd('.');
    }
}

/// <summary>Prepares images. The simulation of the pipeline has another one, without pixels.</summary>
internal interface IImagePreparer
{
    /// <inheritdoc cref="ImagePreparer.LimitsKey"/>
    string LimitsKey { get; }

    /// <inheritdoc cref="ImagePreparer.Describe"/>
    string Describe(int imageTokenBudget);

    /// <inheritdoc cref="ImagePreparer.PrepareAsync(Stream, string, long?, int, CancellationToken)"/>
    Task<PreparationOutcome> PrepareAsync(Stream source, string name, long? length, int imageTokenBudget, CancellationToken cancellationToken);
}
