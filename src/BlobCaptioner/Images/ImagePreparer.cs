using BlobCaptioner.Validation;
using Microsoft.Extensions.Options;
using NetVips;

namespace BlobCaptioner.Images;

/// <summary>
/// Makes of a dropped file what the model sees: the first frame, upright, opaque, sRGB, scaled to a <see cref="PreparedShape"/>,
/// as a JPEG without metadata. Safe to call from many threads; at most <see cref="ImageOptions.MaxConcurrency"/> run at once.
/// </summary>
public sealed class ImagePreparer : IDisposable
{
    /// <summary>Preparation version, a part of fingerprints: changes whenever the pixels of prepared images would.</summary>
    public const string Version = "1";

    private readonly ImageOptions _options;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _turns;

    /// <summary>Creates a preparer and sets libvips' process-wide settings (one thread a picture, no operation cache).</summary>
    /// <param name="options">Limits and looks; copied from now on by reference, so do not change them afterwards.</param>
    /// <param name="time">Clock for <see cref="ImageOptions.Timeout"/>; the system's by default.</param>
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

    /// <summary>Version and options of a preparation with this budget, as short ASCII text: <c>1;bg=#ffffff;q=92;t=576</c>.</summary>
    public string Describe(int imageTokenBudget) => $"{Version};{OptionsKey};t={imageTokenBudget}";

    /// <summary>The options that decide which pictures are turned down, as short ASCII text: other limits may take what these reject.</summary>
    public string LimitsKey => $"mb={_options.MaxMegabytes};mp={_options.MaxMegapixels};s={_options.Timeout.TotalSeconds:0.###}";

    /// <summary>Reads a file of at most <see cref="ImageOptions.MaxMegabytes"/> and prepares it.</summary>
    /// <param name="source">The file from its current position on; seekable or not; stays open.</param>
    /// <param name="name">Name for messages: the blob's name or a path.</param>
    /// <param name="length">Bytes in the file where known; more than the limit is rejected without reading.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Stops reading and decoding.</param>
    /// <returns>A prepared image, or a rejection; bad pictures never throw. What <paramref name="source"/> throws passes through.</returns>
    public async Task<PreparationOutcome> PrepareAsync(
        Stream source, string name, long? length, int imageTokenBudget, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (length > _options.MaxBytes)
        {
            return Rejections.TooLarge(name, length, _options);
        }

        var file = await LimitedBuffer.ReadAsync(source, length, _options.MaxBytes, cancellationToken);
        return file is { } bytes
            ? await PrepareAsync(bytes, name, imageTokenBudget, cancellationToken)
            : Rejections.TooLarge(name, length: null, _options);
    }

    /// <summary>Prepares a file that is in memory.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="name">Name for messages: the blob's name or a path.</param>
    /// <param name="imageTokenBudget">Most image tokens, 8 to 4096.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>A prepared image, or a rejection; bad pictures never throw.</returns>
    public async Task<PreparationOutcome> PrepareAsync(
        ReadOnlyMemory<byte> file, string name, int imageTokenBudget, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
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

    /// <summary>Frees the turnstile; call it when no picture is being prepared any more.</summary>
    public void Dispose() => _turns.Dispose();

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
        if (!SourcePicture.Reads(format))
        {
            return Rejections.Unsupported(name, format);
        }

        if (format == SourceFormat.Gif && !GifFrames.Any(file.Span))
        {
            return Rejections.NoFrame(name);
        }

        using var picture = new SourcePicture(file, format);
        var (width, height) = (picture.Width, picture.Height);
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
            Jpeg = Render(picture, shape, stop),
            Width = shape.Width,
            Height = shape.Height,
            SourceFormat = format.ToString().ToLowerInvariant(),
            SourceWidth = width,
            SourceHeight = height,
        };
    }

    private byte[] Render(SourcePicture picture, PreparedShape shape, CancellationToken stop)
    {
        using var stored = picture.Open(shape.ContentWidth, shape.ContentHeight, stop);

        // Reporting progress is what makes libvips look at the token, from the decoder to the last operation (null would switch it off).
        stored.SetProgress(new Progress<int>(), stop);

        // Scales premultiplied, converts through the embedded profile (or libvips' CMYK fallback) and rotates by EXIF. RGB without a profile
        // is sRGB by convention; asking for the conversion nevertheless gives the same pixels in three times the time.
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

    /// <summary>libvips' own words on one line, without those of NetVips.</summary>
    private static string Detail(Exception error)
    {
        var lines = error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length > 1 ? lines[1].TrimEnd('.') : lines.FirstOrDefault("no reason given").TrimEnd('.');
    }
}
